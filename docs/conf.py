"""How Sphinx builds the site: Markdown, one theme, nothing that is fetched from a network when a page is read."""

project = "fiducial"
extensions = ["myst_parser"]
myst_enable_extensions = ["fieldlist"]
smartquotes = False
html_theme = "furo"
html_title = "fiducial"
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # it would fetch the pages that a search finds, which a browser forbids on file://
html_theme_options = {"navigation_with_keys": True}
