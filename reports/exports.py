"""Certificates in other people's formats: JUnit XML, which every CI service shows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from fiducial.checks.evidence import Certificate, Evidence, Severity, Status

UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")  # what XML 1.0 cannot hold


def junit(certificates: Sequence[Certificate]) -> str:
    """One test suite a certificate, one test case a check.

    A failed or blocked MUST is a failure, one in error an error; a failed SHOULD or MAY passes, with its text as
    output; known failures and checks that do not apply are skipped. A subject that could not be built is one error.
    """
    root = ElementTree.Element("testsuites", name="fiducial")
    for certificate in certificates:
        name = certificate.subject.path + (f"={certificate.rule}" if certificate.rule else "")
        suite = ElementTree.SubElement(root, "testsuite", name=clean(name), timestamp=clean(certificate.started),
                                       time=f"{certificate.seconds:.3f}")
        cases = [_case(suite, clean(name), found) for found in certificate.checks]
        if certificate.verdict == "error":
            cases.append(_unbuilt(suite, clean(name), certificate.reason or ""))
        for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(plural, str(sum(case.find(kind) is not None for case in cases)))
        suite.set("tests", str(len(cases)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _case(suite: ElementTree.Element, name: str, found: Evidence) -> ElementTree.Element:
    case = ElementTree.SubElement(suite, "testcase", classname=name, name=clean(found.id), time=f"{found.seconds:.4f}")
    text = clean(f"{found.claim}\nmeasured {found.measured}, allowed {found.allowed}\n{found.reason or ''}")
    bad = found.status in (Status.FAILED, Status.BLOCKED, Status.ERROR)
    if found.stale or (bad and found.severity is Severity.MUST):
        kind = "error" if found.status is Status.ERROR else "failure"
        ElementTree.SubElement(case, kind, message=clean(found.reason or found.claim)).text = text
    elif found.status in (Status.NOT_APPLICABLE, Status.KNOWN):
        ElementTree.SubElement(case, "skipped", message=clean(found.reason or ""))
    elif bad:
        ElementTree.SubElement(case, "system-out").text = f"{found.severity} {found.status}\n{text}"
    return case


def _unbuilt(suite: ElementTree.Element, name: str, reason: str) -> ElementTree.Element:
    case = ElementTree.SubElement(suite, "testcase", classname=name, name="loads")
    ElementTree.SubElement(case, "error", message=clean(reason)).text = clean(reason)
    return case


def clean(text: str) -> str:
    """Text that XML can hold."""
    return UNPRINTABLE.sub(" ", text)
