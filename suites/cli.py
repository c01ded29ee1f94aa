"""The command line: `fiducial certify`, `identify`, `list`, `explain`, `replay`, `bench`, `gate`.

What is heavy is imported inside the command that needs it, after the coordinator has begun to import the framework.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from enum import StrEnum
from typing import Annotated, Any, NoReturn, cast

import typer

from fiducial.suites.runner import Coordinator, Interrupted
from fiducial.suites.selftest.command import selftest

USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__base__)  # UsageError; newer typers do not export it
OURS, INTERRUPTED = 70, 130
KEPT = "fiducial: interrupted; what was measured is kept"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Certify the algorithms that train neural networks.")


class Catalogue(StrEnum):
    """What `list` lists."""

    RULES = "rules"
    CHECKS = "checks"
    SUBJECTS = "subjects"


Jobs = Annotated[int | None, typer.Option(help="processes at a time (one a core)", show_default=False)]
Timeout = Annotated[float, typer.Option(help="seconds a check")]
BuildTimeout = Annotated[float, typer.Option(help="seconds for import and construction", hidden=True)]
Memory = Annotated[str, typer.Option(help="4G, 512M: what a subject may use beyond its ready state")]
Json = Annotated[str | None, typer.Option("--json", metavar="F", help="write the record here; - for standard output")]
Html = Annotated[str | None, typer.Option(metavar="F", help="write a page for a browser here")]
Junit = Annotated[str | None, typer.Option(metavar="F", help="write JUnit XML here, for CI services")]
Sarif = Annotated[str | None, typer.Option(metavar="F", help="write SARIF here, for code-scanning views")]
Markdown = Annotated[str | None, typer.Option(metavar="F", help="write a summary here, for a CI job's page")]
Badge = Annotated[str | None, typer.Option(metavar="F", help="write a badge here: F.svg, or F.json for shields.io")]
Csv = Annotated[str | None, typer.Option(metavar="F", help="write a line for each check here")]


@app.callback(invoke_without_command=True)
def about(version: Annotated[bool, typer.Option("--version", help="show the version and exit")] = False) -> None:
    """Certify the algorithms that train neural networks."""
    if version:
        from fiducial import __version__

        print(f"fiducial {__version__}")
        raise typer.Exit


@app.command()
def certify(
    subjects: Annotated[list[str], typer.Argument(metavar="SUBJECT[=RULE]...", show_default=False,
                                                  help="package.module:Attr or path/file.py:Attr")],
    rule: Annotated[str | None, typer.Option(help="for all subjects without a rule of their own")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=LITERAL",
                                                       help="an argument of the constructor")] = None,
    level: Annotated[str, typer.Option(help="quick, standard or deep")] = "standard",
    device: Annotated[str, typer.Option(help="cpu, cuda or all")] = "cpu",
    paths: Annotated[str, typer.Option(metavar="default|all|NAME",
                                       help="also the paths that a flag such as fused chooses, or one of them")
                     ] = "default",
    only: Annotated[list[str] | None, typer.Option(metavar="ID-GLOB", help="only the checks that match")] = None,
    json: Json = None,
    html: Html = None,
    junit: Junit = None,
    sarif: Sarif = None,
    markdown: Markdown = None,
    badge: Badge = None,
    csv: Csv = None,
    known: Annotated[str | None, typer.Option("--known-failures", metavar="F",
                                              help="TOML: checks that are expected to fail, with reasons")] = None,
    seed: Annotated[int, typer.Option(help="of every draw")] = 0,
    jobs: Jobs = None,
    timeout: Timeout = 30.0,
    memory: Memory = "4G",
    build_timeout: BuildTimeout = 120.0,
) -> None:
    """Hold subjects against their rules: 0 certified, 1 not certified, 2 wrong call, 3 not loaded."""
    with Coordinator() as coordinator:
        from fiducial.suites.series import Output, certify_all, jobs_of, settings_of

        wanted = jobs_of(subjects, rule, known=known, settings=settings_of(settings or []), level=level, device=device,
                         seed=seed, only=only or [], jobs=jobs, timeout=timeout, build_timeout=build_timeout,
                         memory=memory)
        output = Output.to(json, exports(html=html, junit=junit, sarif=sarif, markdown=markdown, badge=badge, csv=csv))
        status = certify_all(wanted, coordinator, output, paths=paths, deep=level == "deep")
    raise typer.Exit(status)


@app.command()
def identify(
    subject: Annotated[str, typer.Argument(help="package.module:Attr or path/file.py:Attr", show_default=False)],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=LITERAL",
                                                       help="an argument of the constructor")] = None,
    json: Json = None,
    seed: Annotated[int, typer.Option(help="of every draw")] = 0,
    timeout: Annotated[float, typer.Option(help="seconds for the whole search")] = 30.0,
    memory: Memory = "4G",
    build_timeout: BuildTimeout = 120.0,
) -> None:
    """Say which known rule or variant a subject follows: 0 named, 1 none, 2 wrong call, 3 not loaded."""
    with Coordinator() as coordinator:
        from fiducial.suites.identify import identify_path, job_of
        from fiducial.suites.series import Output, settings_of

        job = job_of(subject, settings=settings_of(settings or []), seed=seed, timeout=timeout, memory=memory,
                     build_timeout=build_timeout)
        status = identify_path(job, coordinator, Output.to(json))
    raise typer.Exit(status)


def exports(**files: str | None) -> dict[str, Any]:
    """The files beside the record, each with what writes it. Raises Refusal."""
    wanted = {kind: file for kind, file in files.items() if file is not None}
    if not wanted:
        return {}
    from fiducial.reports.formats import export, target
    from fiducial.suites.jobs import Refusal

    if len(set(wanted.values())) < len(wanted):
        raise Refusal("two formats cannot be written into one file: give each its own", 2)
    try:
        return {target(file): export(kind, file) for kind, file in wanted.items()}
    except ValueError as error:
        raise Refusal(str(error), 2) from None


@app.command()
def replay(
    certificate: Annotated[str, typer.Argument(help="a file that certify --json wrote", show_default=False)],
    check: Annotated[str | None, typer.Argument(help="one check of it", show_default=False)] = None,
    script: Annotated[bool, typer.Option("--script", help="print the scripts that show them without fiducial")] = False,
    json: Json = None,
    jobs: Jobs = None,
    timeout: Timeout = 30.0,
    memory: Memory = "4G",
    build_timeout: BuildTimeout = 120.0,
) -> None:
    """Run the failures of a certificate again: 1 while one persists."""
    if script:
        from fiducial.suites.series import scripts_of

        print("\n".join(scripts_of(certificate, check)), end="")
        raise typer.Exit
    with Coordinator() as coordinator:
        from fiducial.suites.series import Output, failures_of, replay_all

        wanted = failures_of(certificate, check, jobs=jobs, timeout=timeout, build_timeout=build_timeout, memory=memory)
        status = replay_all(wanted, coordinator, Output.to(json))
    raise typer.Exit(status)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="a file that certify --json wrote", show_default=False)],
    after: Annotated[str, typer.Argument(help="another, of the same subjects", show_default=False)],
    json: Json = None,
) -> None:
    """Compare two releases of a subject: 1 if anything got worse."""
    from fiducial.suites.difference import differences
    from fiducial.suites.series import Output, read
    from fiducial.suites.terminal import show_difference, write_differences

    found = differences(read(before), read(after))
    output = Output.to(json)
    for each in found:
        show_difference(each, output.table)
    if json:
        write_differences(found, json)
    raise typer.Exit(int(any(each.worse for each in found)))


@app.command()
def report(
    results: Annotated[list[str], typer.Argument(metavar="RESULT...", show_default=False,
                                                 help="files that certify --json wrote; for --site other records too, "
                                                      "and folders of them")],
    site: Annotated[str | None, typer.Option(metavar="DIR", help="build a static site out of all of them here")] = None,
    json: Json = None,
    html: Html = None,
    junit: Junit = None,
    sarif: Sarif = None,
    markdown: Markdown = None,
    badge: Badge = None,
    csv: Csv = None,
) -> None:
    """Show certificates again and write them in other formats, those of one subject on several devices merged; or
    build a site: 0 done, 2 wrong call, 3 built without what could not be read.
    """
    from fiducial.reports.merging import joined
    from fiducial.suites.series import Output, report_on

    written = exports(html=html, junit=junit, sarif=sarif, markdown=markdown, badge=badge, csv=csv)
    if site is not None:
        raise typer.Exit(_site(results, site, alone=not written and json is None))
    report_on(results, Output.to(json, written), joined)


def _site(results: list[str], folder: str, *, alone: bool) -> int:
    """Build a site and say what became of it. Raises Refusal."""
    from fiducial.suites.jobs import Refusal

    try:
        from fiducial.benchmarks.history import changes
        from fiducial.reports.site import build
        from fiducial.suites.difference import difference

        if not alone:
            raise ValueError("--site is no format of one file: ask for it by itself")
        built = build(results, folder, compare=lambda before, after: difference(before, after).changes, changes=changes)
    except ValueError as error:
        raise Refusal(str(error), 2) from None
    for problem in built.problems:
        print(f"fiducial: {problem}", file=sys.stderr)
    print(built.said)
    return 3 if built.problems else 0


@app.command()
def plot(
    picture: Annotated[str, typer.Argument(help="what is drawn; one that is not known lists them", show_default=False)],
    subjects: Annotated[list[str] | None, typer.Argument(help="rules, or module:Attr", show_default=False)] = None,
    out: Annotated[str, typer.Option(metavar="F", show_default=False,
                                     help="F.svg, F.png; F.gif or F.animated.svg where steps are drawn")] = "",
    json: Json = None,
    seed: Annotated[int, typer.Option(help="of every draw")] = 0,
) -> None:
    """Draw a picture from runs that are made for it: 0 drawn, 2 wrong call, 3 a subject could not be loaded."""
    from fiducial.suites.jobs import Refusal

    try:
        from fiducial.reports.pictures import draw, drawable
        from fiducial.suites.demonstrations.pictures import maker, record, written

        maker(picture)
        drawable(out)
        found = record(picture, subjects or [], seed=seed)
        if json:
            written(found, json)
        draw(found, out)
    except ValueError as error:
        raise Refusal(str(error), 2) from None


@app.command("list")
def list_(what: Annotated[Catalogue, typer.Argument(show_default=False)]) -> None:
    """List the rules, the checks, or the installed subjects that name a rule."""
    from fiducial.suites import catalogue

    for line in {Catalogue.RULES: catalogue.rules, Catalogue.CHECKS: catalogue.checks,
                 Catalogue.SUBJECTS: catalogue.subjects}[what]():
        print(line)


@app.command()
def explain(name: Annotated[str, typer.Argument(help="a check's id or a rule's name", show_default=False)]) -> None:
    """Explain a check or a rule."""
    from fiducial.suites import catalogue

    print(catalogue.explanation(name))


@app.command()
def bench(
    subjects: Annotated[list[str], typer.Argument(metavar="SUBJECT[=RULE]...", show_default=False,
                                                  help="torch optimizers: package.module:Attr or path/file.py:Attr")],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=LITERAL",
                                                       help="an argument of the constructor")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    rounds: Annotated[int, typer.Option(help="in each process", min=1)] = 15,
    processes: Annotated[int, typer.Option(help="fresh ones", min=1)] = 3,
    certified: Annotated[bool, typer.Option("--certify/--no-certify", help="say whether it is certified")] = True,
    json: Json = None,
    seed: Annotated[int, typer.Option(help="of every draw")] = 0,
) -> None:
    """Time a step beside torch's AdamW, with state and peak memory: 0 done, 2 wrong call, 3 not loaded."""
    from fiducial.benchmarks.bench import bench as timed
    from fiducial.suites.series import Output, settings_of

    raise typer.Exit(timed(subjects, Output.to(json), settings=settings_of(settings or []), device=device,
                           rounds=rounds, processes=processes, seed=seed, certified=certified))


@app.command()
def gate(
    base: Annotated[str | None, typer.Argument(help="a commit or a folder", show_default=False)] = None,
    head: Annotated[str | None, typer.Argument(help="another", show_default=False)] = None,
    bench: Annotated[list[str] | None, typer.Option(metavar="REGEX", help="only the benchmarks that match")] = None,
    config: Annotated[str | None, typer.Option(metavar="F", help="TOML with [tool.fiducial.gate]; pyproject.toml",
                                               show_default=False)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="5 where something stays undecided")] = False,
    selftest: Annotated[int | None, typer.Option(metavar="N", min=1, show_default=False,
                                                 help="hold BASE against itself N times: the false-alarm rate")] = None,
    inject: Annotated[float, typer.Option(help="with --selftest: slow one side down by this share", min=0)] = 0.0,
    instructions: Annotated[bool, typer.Option("--instructions", help="count them by valgrind, not seconds")] = False,
    store: Annotated[str | None, typer.Option(metavar="F", help="append the result to this JSONL file")] = None,
    export: Annotated[list[str] | None, typer.Option(metavar="FORMAT=F", show_default=False,
                                                     help="bmf, github, openmetrics or csv")] = None,
    json: Json = None,
    seed: Annotated[int, typer.Option(help="of the order of runs")] = 0,
) -> None:
    """Is HEAD slower than BASE? 0 same or faster, 1 slower, 2 wrong call, 3 a failure, 4 nothing measured."""
    from fiducial.benchmarks.gate.command import call

    raise typer.Exit(call(base, head, bench=bench or [], config=config, strict=strict, selftest=selftest, inject=inject,
                          instructions=instructions, store=store, export=export or [], json=json, seed=seed))


app.command()(selftest)


def main() -> NoReturn:
    """Run the command line; end with the exit status that the design promises, and never with a traceback."""
    try:
        status = app(standalone_mode=False)
    except USAGE_ERROR as error:
        sentence = str(error.format_message())  # type: ignore[attr-defined]
        _end(2, sentence if "\n" in sentence else f"fiducial: {sentence}")
    except (Interrupted, KeyboardInterrupt, typer.Abort):
        _end(INTERRUPTED, KEPT)
    except BrokenPipeError:  # the reader of our output has gone, as in `fiducial list checks | head -1`
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        _end(*_told(error))
    if status == INTERRUPTED:  # newer typers return it, older ones raise Abort
        _end(INTERRUPTED, KEPT)
    sys.exit(status)


def _told(error: Exception) -> tuple[int, str]:
    """The exit status and the one line for an exception of a command."""
    from fiducial.suites.jobs import Refusal

    if isinstance(error, Refusal):
        return error.exit_status, f"fiducial: {error.sentence}"
    with tempfile.NamedTemporaryFile("w", prefix="fiducial-fault-", suffix=".txt", delete=False) as file:
        file.write(f"{' '.join(sys.argv)}\n{''.join(traceback.format_exception(error))}")
    return OURS, f"fiducial: a fault of ours, not of the subject; please send us {file.name}"


def _end(status: int, line: str) -> NoReturn:
    print(line, file=sys.stderr)
    sys.exit(status)
