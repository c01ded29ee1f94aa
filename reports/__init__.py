"""The verdicts: records in; certificates, pages, badges and exports out."""
