"""The command line: what it prints, how it exits, and what it leaves behind."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from simulate import cli
from simulate.checks import printable
from simulate.cli import bars
from simulate.cli.options import cases_in

TINY = (
    "--set", "roads.population=900", "--set", "period.days=9", "--set", "measure.targets=40",
    "--set", "readers.place.police.spacing_m=0",
)  # fmt: skip


@pytest.fixture
def plateprint(monkeypatch, capsys):
    """Call the command line as a user would; returns exit code, output and errors."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["plateprint", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        for number, handler in before.items():
            signal.signal(number, handler)
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return call


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    """Draw a tiny town once, in a process of its own."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    command = [sys.executable, "-m", "simulate.cli", "run", "smallville", "--out", folder, *TINY, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sightings of" in done.stdout
    return folder


def test_list_names_every_scenario_on_one_line(plateprint):
    code, out, _ = plateprint("list")
    assert code == 0
    listed = [line.split()[0] for line in out.splitlines()]
    assert listed == sorted(listed)
    assert {"anaheim", "smallville"} <= set(listed)


def test_show_gives_each_value_with_its_source(plateprint):
    code, out, _ = plateprint("show", "smallville")
    line = next(line for line in out.splitlines() if line.startswith("households.moved_in_year"))
    assert code == 0
    assert "0.12" in line
    assert "Census P20-567" in line


def test_show_says_what_the_sharing_network_is(plateprint):
    asked = {
        "source": "generated", "agencies": 400, "mean_partners": 20, "median_partners": 15, "within_state": 0.4,
        "federal_agencies": 1, "federal_access": 0.1,
    }  # fmt: skip
    words = [word for key, value in asked.items() for word in ("--set", f"sharing.{key}={value}")]
    code, out, _ = plateprint("show", "smallville", *words)
    assert code == 0
    assert out.splitlines()[-1].startswith("Sharing network: 401 agencies and ")
    assert "Sharing network" not in plateprint("show", "smallville")[1]


def test_show_resolved_is_json_with_every_value(plateprint):
    code, out, _ = plateprint("show", "smallville", "--resolved", "--set", "period.days=12")
    assert code == 0
    assert json.loads(out)["period"]["days"] == 12


COMPLETE = """
source {script}
COMP_WORDS=({words}); COMP_CWORD={last}
$(complete -p plateprint | sed "s/.*-F \\([^ ]*\\).*/\\1/"); echo "${{COMPREPLY[@]}}"
"""


def test_a_completion_script_for_bash_completes_and_is_written_nowhere(tmp_path):
    here = {"cwd": tmp_path, "env": {**os.environ, "HOME": str(tmp_path), "SHELL": "/bin/bash"}}
    command = [sys.executable, "-m", "simulate.cli", "completion", "bash"]
    script = subprocess.run(command, capture_output=True, text=True, check=True, **here).stdout
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "script").write_text(script)
    for words, completed in (("plateprint sw", "sweep"), ("plateprint measure --obs", "--observer")):
        asked = COMPLETE.format(script="./script", words=words, last=len(words.split()) - 1)
        done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, **here)
        assert done.stdout.split() == [completed]
    assert [path.name for path in tmp_path.iterdir()] == ["script"]


def test_a_shell_without_a_script_is_refused(plateprint):
    code, out, err = plateprint("completion", "tcsh")
    assert (code, out) == (2, "")
    assert 'Choose from: "bash"' in err


def test_schema_is_json(plateprint):
    code, out, _ = plateprint("schema")
    assert code == 0
    assert "readers" in json.loads(out)["properties"]


def test_a_run_says_who_may_look_and_a_report_how_far_it_is(plateprint, tiny_run, tmp_path, monkeypatch):
    code, out, _ = plateprint("run", "smallville", "--out", tiny_run, *TINY)
    assert code == 0
    assert out.splitlines()[-1] == (
        f"next: plateprint report {tiny_run}; smallville-pd looks, unless you say --observer town-and-shops"
    )
    _, out, err = plateprint("report", tiny_run, "--out", tmp_path / "page.html", "--targets", "5")
    assert out.splitlines()[-1].startswith("page: ")
    assert "Measuring" not in out + err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, out, err = plateprint("report", tiny_run, "--out", tmp_path / "page.html", "--targets", "5")
    rows = json.loads((tiny_run / "manifest.json").read_text())["rows"]
    assert "Measuring Smallville" in err
    assert f"{rows:,} sightings" in err
    assert "Measuring" not in out


def rows_in(table):
    return json.loads(table.read_text())["results"]


def test_measure_prints_a_table_and_writes_json_and_csv(plateprint, tiny_run, tmp_path):
    table, sheet = tmp_path / "results.json", tmp_path / "results.csv"
    written = ("--json", table, "--csv", sheet)
    code, out, _ = plateprint("measure", tiny_run, "--retention", "1d,forever,1y", *written)
    assert code == 0
    assert re.search(r"^1 day +Home found, 250 m +\d+\.\d %", out, flags=re.MULTILINE)
    assert "not reached" in out
    assert "Home told" not in out
    ids = {row["score"] for row in rows_in(table) if "_" in row["score"]}
    assert not ids & set(out.split()), "ids are for programs"
    assert "“For ever” means as long as the run, 9 days.\n" in out
    rows = rows_in(table)
    assert {row["measure"] for row in rows} == {"exposure", "anchors", "unicity"}
    assert {row["case"] for row in rows} == {"1 day", "for ever", "1 year", ""}
    assert all(row["value"] is None for row in rows if row["case"] == "1 year")
    assert all(row["value"] is not None or row["note"] for row in rows)
    lines = list(csv.DictReader(sheet.open()))
    assert [(line["case"], line["score"], line["n"]) for line in lines] == [
        (row["case"], row["score"], str(row["n"])) for row in rows
    ]
    code, out, _ = plateprint("measure", tiny_run, "--retention", "1d", "--full", "--quiet")
    assert "Home told" in out


def test_a_hot_list_is_measured_when_asked_for_whatever_is_kept(plateprint, tiny_run, tmp_path):
    table = tmp_path / "results.json"
    asked = ("--measures", "hotlist", "--retention", "1d,forever", "--json", table)
    code, out, _ = plateprint("measure", tiny_run, *asked)
    assert code == 0
    assert "Alerts " in out
    assert "Innocent vehicles" in out
    assert "hotlist: How often does a hot list raise an alert" in out
    assert "unicity" not in out
    found = {case: [] for case in ("1 day", "for ever")}
    for row in rows_in(table):
        found[row["case"]].append((row["score"], row["detail"], row["value"], row["n"]))
    assert found["1 day"] == found["for ever"] != []


def test_an_owner_sees_its_own_readers_and_fewer_sightings_than_all(plateprint, tiny_run, tmp_path):
    means = {}
    for who in ("shopping-centre", "smallville-pd", "town-and-shops"):
        table = tmp_path / f"{who}.json"
        arguments = ("--measures", "exposure", "--observer", who, "--retention", "forever", "--json", table)
        assert plateprint("measure", tiny_run, *arguments)[0] == 0
        means[who] = next(row["value"] for row in rows_in(table) if row["score"] == "mean_sightings")
    assert 0 < means["shopping-centre"] < means["town-and-shops"]
    assert means["shopping-centre"] + means["smallville-pd"] == pytest.approx(means["town-and-shops"])


def test_what_is_measured_on_the_fly_is_what_is_measured_of_a_folder(plateprint, tiny_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ("--retention", "1d,forever", "--measures", "exposure,anchors,unicity,hotlist,stock", "--workers", "2")
    assert plateprint("measure", tiny_run, *asked, "--json", "stored.json")[0] == 0
    code, out, err = plateprint("measure", "smallville", "--no-store", *TINY, *asked, "--json", "flown.json")
    assert code == 0, err
    assert "Home found, 250 m" in out
    stored, flown = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("stored", "flown"))
    assert stored == flown
    assert len(flown["results"]) > 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flown.json", "stored.json"]


def test_report_ends_with_its_headlines_and_the_page(plateprint, tiny_run, tmp_path):
    page, table, sheet = (tmp_path / name for name in ("page.html", "x.json", "x.csv"))
    code, out, _ = plateprint(
        "report", tiny_run, "--out", page, "--retention", "7d", "--observer", "town-and-shops", "--json", table,
        "--csv", sheet,
    )  # fmt: skip
    assert code == 0
    assert "Who collected it" in page.read_text(encoding="utf-8")
    assert str(page) in out.splitlines()[-1]
    assert out.count("in 1,000") >= 5
    assert {row["measure"] for row in rows_in(table)} == {"exposure", "anchors", "unicity", "stock"}
    assert sheet.read_text().count("\n") == len(rows_in(table)) + 1


def test_a_report_may_be_about_other_measures(plateprint, tiny_run, tmp_path):
    page = tmp_path / "page.html"
    asked = ("--measures", "hotlist", "--retention", "7d", "--targets", "5")
    code, out, _ = plateprint("report", tiny_run, "--out", page, *asked)
    assert code == 0
    assert "alerts are raised by a million reads" in out
    text = page.read_text(encoding="utf-8")
    assert "Innocent vehicles" in text
    assert "Home found" not in text


def test_verify_passes_a_fine_run(plateprint, tiny_run):
    code, out, _ = plateprint("verify", tiny_run)
    assert code == 0
    assert "as it was written" in out


def test_a_truncated_shard_fails_verify_and_does_not_open(plateprint, tmp_path):
    folder = tmp_path / "run"
    assert plateprint("run", "smallville", "--out", folder, *TINY, "--quiet")[0] == 0
    part = next((folder / "sightings").rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    code, out, _ = plateprint("verify", folder)
    assert code == 1
    assert "shard 0" in out
    code, _, err = plateprint("measure", folder)
    assert code == 2
    assert "missing or truncated" in err


def test_running_again_is_idle_and_gives_the_same_hash(plateprint, tiny_run):
    before = (tiny_run / "manifest.json").read_text()
    code, out, _ = plateprint("run", "smallville", "--out", tiny_run, *TINY)
    assert code == 0
    assert json.loads(before)["run_hash"] in out
    assert (tiny_run / "manifest.json").read_text() == before


BAD = {
    "unknown scenario": (("run", "smalville"), ["did you mean 'smallville'"]),
    "unknown key": (("run", "smallville", "--set", "readers.capture_dy=0.5"), ["did you mean", "capture_day"]),
    "wrong type": (("run", "smallville", "--set", "period.days=soon"), ["period.days", "soon"]),
    "share above 1": (("run", "smallville", "--set", "readers.capture_day=1.5"), ["readers.capture_day", "1.5"]),
    "no data": (("run", "anaheim"), ["roads.path", "--set roads.path=FOLDER"]),
    "no map": (("run", "krems"), ["roads.path", "--set roads.path=FILE"]),
    "wrong folder": (("run", "anaheim", "--set", "roads.path=nowhere"), ["roads.path", "nowhere"]),
    "missing file": (
        ("run", "smallville", "--set", 'readers.place.lot={owner="shopping-centre",strategy="file",path="x.tsv",'
         "within_m=50,merge_m=20}"),
        ["x.tsv"],
    ),
    "too many readers": (("run", "smallville", "--set", "readers.place.police.count=9000"), ["readers.place.police"]),
    "too vast a town": (("run", "smallville", "--set", "roads.density_per_km2=0.1"), ["70 by 70 junctions"]),
    "no workers": (("run", "smallville", "--workers", "0"), ["workers: expected a whole number, at least 1, found 0"]),
    "sharing without its file": (
        ("run", "smallville", "--set", 'sharing={source="pairs",path=""}'),
        ["sharing.path: expected the path of a file of pairs", "--set sharing.path=FILE"],
    ),
    "sharing from nowhere": (
        ("run", "smallville", "--set", 'sharing={source="pairs",path="nowhere.csv"}'),
        ["nowhere.csv", "check the path"],
    ),
    "the home of nobody": (("run", "anaheim", "--set", "roads.path=~nobody-at-all/x"), ["~nobody-at-all"]),
    "no such option": (("run", "smallville", "--workrs", "2"), ["--workrs"]),
    "no such command": (("rum", "smallville"), ["rum"]),
    "no scenario": (("run",), ["scenario"]),
    "metros of a town": (("run", "smallville", "--metros", "Buffalo"), ['--metros: expected', '"town" in smallville']),
    "no name of a metro": (("run", "flock-2025", "--metros", ","), ["--metros: expected names of metros", "name at"]),
    "a part of a seed": (("run", "smallville", "--seed", "1.5"), ['--seed: expected a whole number', 'found "1.5"']),
    "a seed in red": (("run", "smallville", "--seed", "\x1b[31m"), ["--seed: expected a whole", r'"\x1b[31m"']),
    "a vast seed": (("run", "smallville", "--seed", 5000 * "9"), ["--seed: expected a whole number of at most 19"]),
    "a seed beyond 64 bits": (("run", "smallville", "--seed", 19 * "9"), ["seed: expected a whole number of at"]),
    "half a worker": (("run", "smallville", "--workers", "1.5"), ['--workers: expected a whole number', 'found "1.5"']),
    "half a world": (("compare", "smallville", "--replicates", "1.5"), ["--replicates: expected a whole number"]),
    "half a target": (("sweep", "smallville", "--targets", "1.5"), ["--targets: expected a whole number"]),
    "an option in red": (("run", "smallville", "--\x1b[31mx=3"), [r"--\x1b[31mx"]),
    "a long option": (("run", "smallville", f"--{200_000 * 'x'}"), ["…"]),
    "a command in red": (("\x1b[31mrun", "smallville"), [r'"\x1b[31mrun"']),
    "a scenario in red": (("run", "\x1b[31m\u202e.toml"), [r"no file at \x1b[31m\u202e.toml"]),
    "a scenario of zero bytes": (("run", "a\0.toml"), [r"no file at a\x00.toml"]),
    "a run of zero bytes": (("run", "smallville", "--out", "a\0b"), [r"a name without zero bytes, found a\x00b"]),
    "a page of zero bytes": (("sweep", "smallville", "--out", "a\0b"), [r"--out: expected a name without zero bytes"]),
    "a folder of zero bytes": (("compare", "smallville", "--work", "a\0b"), ["a name without zero bytes"]),
    "a long name": (("run", 50_000 * "x" + ".toml"), ["File name too long", "…"]),
    "a name that is no text": (("run", "smallville", "--set", "title=\udcff"), [r'text in UTF-8', r'"\udcff"']),
    "metros in red": (("run", "flock-2025", "--metros", "\x1b[31mX\nY"), ["roads.path"]),
    "a vast number": (("run", "smallville", "--set", f"period.days={5000 * '9'}"), ["--set period.days: expected"]),
    "a file that tells it in red": (("verify", "\x1b[31m"), [r"\x1b[31m: expected the folder of a run"]),
    "verify of nothing": (("verify", "nowhere"), ["nowhere"]),
    "measure of nothing": (("measure", "nowhere"), ["nowhere"]),
    "a stored run of another seed": (("measure", "nowhere", "--seed", "3"), ["--seed: expected no", "--no-store"]),
    "a stored run changed": (("measure", "x", "--set", "period.days=1"), ["--set: expected no change", "--no-store"]),
    "no scenario to draw": (("measure", "smalville", "--no-store"), ["did you mean 'smallville'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=BAD)
def test_bad_input_gets_one_message_exit_2_and_leaves_nothing(plateprint, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    arguments, words = BAD[case]
    code, out, err = plateprint(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("plateprint: ")
    assert "Traceback" not in err
    assert all(word in err for word in words), err
    assert len(err) < 1500
    assert printable(err, kept="\n") == err
    assert list(tmp_path.iterdir()) == []


OPENED = {
    "retention of zero": (("--retention", "0d"), ["--retention", "above 0"]),
    "retention below zero": (("--retention=-3d",), ["-3d", "above 0"]),
    "no retention": (("--retention", ","), ["--retention"]),
    "unknown observer": (("--observer", "smallvile-pd"), ["did you mean 'smallville-pd'"]),
    "unknown measure": (("--measures", "anchor"), ["did you mean 'anchors'"]),
    "too early": (("--on", "2025-03-03"), ["--on", "2025-03-04"]),
    "no date": (("--on", "tomorrow"), ["YYYY-MM-DD"]),
    "no targets": (("--targets", "0"), ["--targets"]),
    "date in red": (("--on", "\x1b[31m2025\n\u202e"), ["YYYY-MM-DD", r"\x1b[31m2025\n\u202e"]),
    "a vast date": (("--on", 200_000 * "9"), ["--on: expected a date as YYYY-MM-DD", "…"]),
    "a vast retention": (("--retention", f"{5000 * '9'}d"), ["--retention: expected a duration", "…"]),
    "retention in red": (("--retention", "\x1b[31m1d"), ["--retention: expected a duration", r'"\x1b[31m1d"']),
    "observer in red": (("--observer", "\x1b[31m\u202e"), ["observer: expected an observer", r"\x1b[31m\u202e"]),
    "measure in red": (("--measures", "\x1b[31m"), [r"\x1b[31m"]),
    "half a target": (("--targets", "1.5"), ["--targets: expected a whole number", 'found "1.5"']),
    "unknown case": (("--case", "nobodys,others"), ["--case", "'nobodys'"]),
    "cases and an observer": (("--case", "x", "--observer", "smallville-pd"), ["cases alone"]),
    "cases and rules": (("--case", "x", "--retention", "1d"), ["cases alone"]),
    "no workers": (("--workers", "0"), ["workers: expected a whole number, at least 1, found 0"]),
    "zero bytes of numbers": (("--csv", "a\0b"), ["--csv: expected a name without zero bytes"]),
    "zero bytes to write": (("--json", "a\0b"), ["--json: expected a name without zero bytes"]),
    "nowhere to write": (
        ("--json", "nowhere/x.json"),
        ["--json: expected a file in a folder that exists, found nowhere"],
    ),
    "a folder to write": (("--json", "."), ["--json: expected a file, found the folder ."]),
}


@pytest.mark.parametrize("case", OPENED, ids=OPENED)
def test_bad_questions_of_a_good_run_exit_2(plateprint, tiny_run, case):
    arguments, words = OPENED[case]
    code, out, err = plateprint("measure", tiny_run, *arguments)
    assert (code, out) == (2, "")
    assert all(word in err for word in words), err
    assert printable(err, kept="\n") == err


@pytest.mark.parametrize(("here", "said"), [(".", "."), ("sightings", ".."), ("world", "../../tiny"), ("..", "tiny")])
def test_a_report_lies_beside_the_folder_of_its_run_from_wherever_it_is_asked_for(
    plateprint, tiny_run, monkeypatch, here, said
):
    page = tiny_run.parent / "tiny.html"
    monkeypatch.chdir(tiny_run / here)
    before = sorted(tiny_run.rglob("*"))
    code, out, err = plateprint("report", said, "--targets", "5", "--retention", "1d", "--quiet")
    assert code == 0, err
    assert out.splitlines()[-1] == f"page: {page}"
    assert "</html>" in page.read_text(encoding="utf-8")
    page.unlink()
    assert sorted(tiny_run.rglob("*")) == before


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_a_page_whose_name_holds_a_zero_byte_is_refused(plateprint, tiny_run, option):
    command = "report" if option == "--out" else "measure"
    code, out, err = plateprint(command, tiny_run, option, "a\0.html")
    assert (code, out) == (2, "")
    assert err == f"plateprint: {option}: expected a name without zero bytes, found a\\x00.html; choose another\n"


def test_texts_of_a_scenario_reach_the_terminal_as_they_are_seen(plateprint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = 'title = "\\u001b[31m\\u202e"\nsummary = "a\\u009b"\n[travel]\nzipf = 1.0 # a \u202e\u009b source\n'
    (tmp_path / "x.toml").write_text(f'extends = "smallville"\n{odd}', encoding="utf-8")
    code, out, err = plateprint("show", "x.toml")
    assert (code, err) == (0, "")
    assert out.startswith(r"\x1b[31m\u202e: a\x9b")
    assert r"a \u202e\x9b source" in out
    assert printable(out, kept="\n") == out


def test_titles_are_no_markup_to_the_bars_of_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bars.Shards(False, "Drawing [/x] \x9b31m") as report:
        report(1, 2, 3)
    with bars.Steps(False) as steps:
        steps(0, 2, "measuring [/x] \x9b35m")
        steps(1, 2, "measuring [/y] \x9b35m")
    printed = capsys.readouterr().err
    assert r"Drawing [/x] \x9b31m" in printed
    assert r"measuring [/y] \x9b35m" in printed
    assert "\x9b" not in printed


STORED = {
    "vast seed": ("scenario.json", {"seed": 10**4000}, "a whole number of 4,001 digits"),
    "seed beyond 64 bits": ("scenario.json", {"seed": 10**30}, "that of another scenario"),
    "vast days": ("scenario.json", {"scenario": {"period": {"days": 10**100}}}, "that of another scenario"),
    "deep scenario": ("scenario.json", {"scenario": 900 * '{"a":' + "1" + 900 * "}"}, "too deep"),
    "very deep scenario": ("scenario.json", {"scenario": 9000 * '{"a":' + "1" + 9000 * "}"}, "too deep"),
    "no scenario": ("scenario.json", {"scenario": [1]}, "that of another scenario"),
    "vast shards": ("scenario.json", {"n_shards": 10**18}, "the number of shards, below 100,000"),
    "endless rows": ("manifest.json", {"shards": [{"shard": 1e999, "rows": 1, "hash": "0"}]}, "manifest"),
    "vast rows": ("manifest.json", {"rows": 10**4000}, "a whole number of 4,001 digits"),
    "red rows": ("manifest.json", {"shards": "\x1b[31m"}, "manifest"),
    "vast sources": ("sources.json", {"x": 10**4000}, "a whole number of 4,001 digits"),
    "vast ranges": ("assumptions.json", {"format": 10**4000}, "a whole number of 4,001 digits"),
}


@pytest.mark.parametrize("case", STORED, ids=STORED)
def test_what_a_stored_run_says_in_absurd_numbers_or_depths_is_refused(plateprint, tiny_run, tmp_path, case):
    name, changes, told = STORED[case]
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    content = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
    deep = changes.get("scenario") if isinstance(changes.get("scenario"), str) else None
    text = json.dumps(content | (changes if deep is None else {"scenario": "DEEP"}))
    (folder / name).write_text(text.replace('"DEEP"', deep or ""))
    code, out, err = plateprint("report", folder, "--quiet", "--out", tmp_path / "page.html")
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
    assert printable(err, kept="\n") == err
    assert not (tmp_path / "page.html").exists()
    code, out, err = plateprint("verify", folder)
    assert code in {0, 1, 2}
    assert "Traceback" not in out + err


def test_an_observer_who_owns_nothing_is_refused(plateprint, tmp_path):
    folder = tmp_path / "run"
    idle = ("--set", 'owners.idle={kind="insurer"}', "--set", 'observers.idle={sees=["idle"],purpose="curiosity"}')
    assert plateprint("run", "smallville", "--out", folder, *TINY, *idle, "--quiet")[0] == 0
    code, _, err = plateprint("measure", folder, "--observer", "idle")
    assert code == 2
    assert "observers.idle" in err
    assert "no readers" in err


def test_the_folder_of_another_run_is_refused_and_left_alone(plateprint, tiny_run):
    before = sorted((file, file.stat().st_mtime_ns) for file in tiny_run.rglob("*"))
    code, _, err = plateprint("run", "smallville", "--out", tiny_run, "--seed", "5", *TINY)
    assert code == 2
    assert "another" in err
    assert sorted((file, file.stat().st_mtime_ns) for file in tiny_run.rglob("*")) == before


def test_a_positions_file_with_reads_is_refused(plateprint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reads = tmp_path / "reads.tsv"
    reads.write_text("33.8\t-117.9\t7ABC123\t2025-03-01 12:00:00\n" * 5)
    place = f'readers.place.lot={{owner="shopping-centre",strategy="file",path="{reads}",within_m=50,merge_m=20}}'
    code, _, err = plateprint("run", "smallville", "--set", place)
    assert code == 2
    assert "reads.tsv" in err
    assert sorted(tmp_path.iterdir()) == [reads]


SMALL = ("--set", "roads.population=600", "--set", "period.days=4", "--set", "readers.place.police.spacing_m=0")


def test_a_run_says_when_its_total_is_stated_and_measure_that_settings_were_changed(plateprint, tiny_run, tmp_path):
    few = ["--set", "period.days=1", "--set", "roads.population=2000", "--set", "visitors.*.vehicles=10"]
    _, out, _ = plateprint("run", "oakland-2014", "--out", tmp_path / "few", *few)
    assert "readers.sightings states how much is collected in all" in out
    _, out, _ = plateprint("run", "smallville", "--out", tiny_run, *TINY)
    assert "readers.sightings" not in out
    _, _, err = plateprint("measure", tmp_path / "few", "--measures", "exposure")
    assert "seed 0, with 4 settings changed; the page of the run lists them" in err


def test_a_run_in_which_nothing_was_read_says_so(plateprint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blind = ("--set", "readers.capture_day=0", "--set", "readers.capture_night=0")
    assert plateprint("run", "smallville", *SMALL, *blind, "--out", "blind")[0] == 0
    told = "; nothing is on file there"
    code, out, _ = plateprint("report", "blind", "--targets", "20")
    assert (code, told in out.splitlines()[0]) == (0, True)
    assert told in (tmp_path / "blind.html").read_text(encoding="utf-8")
    code, out, _ = plateprint("measure", "blind", "--targets", "20", "--measures", "exposure,anchors,unicity,hotlist")
    assert (code, told in out.splitlines()[0]) == (0, True)


def test_compare_prints_differences_and_writes_page_and_json(plateprint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "twice.toml").write_text(
        'extends = "smallville"\ntitle = "Twice"\n[readers.place.police]\ncount = 24\n', encoding="utf-8"
    )
    asked = ("--retention", "1d,forever,1y", "--targets", "20", "--replicates", "2")
    code, out, err = plateprint(
        "compare", "smallville", "twice.toml", *SMALL, *asked, "--out", "page.html", "--json", "all.json"
    )
    assert code == 0, err
    assert "Reference: Smallville" in out
    assert "not reached" in out
    assert "over 2 worlds" in out
    assert "all 4 days" in out
    assert "measuring twice, seed 1" in err
    assert "Twice" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "all.json").read_text())["seeds"] == [0, 1]
    assert len(list((tmp_path / "runs" / "compare").iterdir())) == 4


def test_compare_without_keeping_leaves_nothing_and_is_quiet(plateprint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ("--retention", "1d,forever", "--measures", "exposure", "--no-keep", "--quiet")
    code, out, err = plateprint("compare", "smallville", *SMALL, *asked)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("Kept for")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_a_comparison_and_says_how_to_go_on(plateprint, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulate.comparing.worlds.run", interrupted)
    code, out, err = plateprint("compare", "smallville", "--work", tmp_path, *SMALL)
    assert (code, out) == (130, "")
    assert "run the same command again" in err
    assert "Traceback" not in err


def test_sweep_prints_ranges_and_report_shows_them(plateprint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(
        'extends = "smallville"\n[assumptions.habits]\nkey = "travel.zipf"\nlow = 0.5\nhigh = 3.0\nwhy = "a test"\n',
        encoding="utf-8",
    )
    asked = ("--targets", "30", "--retention", "forever")
    code, out, err = plateprint("sweep", "mine.toml", *SMALL, *asked, "--out", "s.html", "--json", "s.json")
    assert code == 0, err
    assert "Over the assumptions" in out.splitlines()[0]
    assert "habits: travel.zipf from 0.5 to 3.0" in out
    assert "\nIf sightings are kept as long as the run, 4 days; one assumption at a time" in out
    assert "drawing mine, habits low" in err
    assert (tmp_path / "s.html").stat().st_size > 10_000
    assumptions = json.loads((tmp_path / "s.json").read_text())["assumptions"]
    assert assumptions == json.loads((tmp_path / "runs" / "mine" / "assumptions.json").read_text())
    home = next(row for row in assumptions["bounds"] if (row["score"], row["detail"]) == ("home_found", "250 m"))
    code, out, _ = plateprint("report", "runs/mine", *asked)
    assert code == 0
    assert f"({1000 * home['least']:,.0f} to {1000 * home['most']:,.0f} over the assumptions)" in out
    assert plateprint("verify", "runs/mine")[0] == 0
    code, out, _ = plateprint("report", "runs/mine", *asked[:2], "--retention", "1d")
    assert code == 0
    assert "over the assumptions" not in out


METROS = """\
metro,state,population,lat,lon
"Memphis, TN-MS-AR",TN,200000,35,-90
"Buffalo-Cheektowaga, NY",NY,100000,42,-78
"""


@pytest.mark.parametrize("command", ["show", "run", "compare", "sweep"])
def test_metros_are_asked_for_alike_wherever_a_scenario_is_drawn(plateprint, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metros.csv").write_text(METROS)
    asked = ("flock-2025", "--metros", "Memphis,Bufalo", "--set", "roads.path=metros.csv")
    code, out, err = plateprint(command, *asked)
    assert (code, out) == (2, "")
    assert err == "plateprint: --metros: expected a metro of the file, found \"Bufalo\"; did you mean 'Buffalo'?\n"
    code, _, err = plateprint(command, "smallville", "--metros", "Buffalo")
    assert code == 2
    assert err.startswith('plateprint: --metros: expected a scenario whose roads.source is "nation", found "town"')


SWEPT = {
    "unknown scenario": (("smallvile",), ["did you mean 'smallville'"]),
    "not reached": (("smallville", "--retention", "1y"), ["--retention", "60 days"]),
    "no such assumption": (("smallville", "--only", "routes,habts"), ['--only', "did you mean 'habits'"]),
    "unknown assumption": (
        ("smallville", "--set", 'assumptions.x={key="travel.zip",low=1,high=2,why="x"}'), ["did you mean 'zipf'"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SWEPT, ids=SWEPT)
def test_bad_sweeps_exit_2_and_leave_nothing(plateprint, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    arguments, words = SWEPT[case]
    code, out, err = plateprint("sweep", *arguments, "--quiet")
    assert (code, out) == (2, "")
    assert all(word in err for word in words), err
    assert list(tmp_path.iterdir()) == []


COMPARED = {
    "nothing": ((), ["at least one scenario"]),
    "unknown scenario": (("smallvile",), ["did you mean 'smallville'"]),
    "twice": (("smallville", "smallville"), ["'smallville' twice"]),
    "no replicates": (("smallville", "--replicates", "0"), ["--replicates", "at least 1"]),
    "unknown measure": (("smallville", "--measures", "anchor"), ["did you mean 'anchors'"]),
    "not reached": (("smallville", "--retention", "1y,2y"), ["--retention", "60 days"]),
    "no rule": (("smallville", "--retention", ","), ["--retention"]),
    "unknown case": (("smallville", "--case", "nobodys,others"), ["--case", "'nobodys'"]),
    "cases and an observer": (("smallville", "--case", "x", "--observer", "y"), ["cases alone"]),
    "no data": (("anaheim",), ["roads.path"]),
}


def test_cases_may_be_named_together_or_one_by_one():
    assert cases_in(["as-is, strict", "lax"]) == ["as-is", "strict", "lax"]
    assert cases_in(()) is None


@pytest.mark.parametrize("case", COMPARED, ids=COMPARED)
def test_bad_comparisons_exit_2_and_leave_nothing(plateprint, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    arguments, words = COMPARED[case]
    code, out, err = plateprint("compare", *arguments, "--quiet")
    assert (code, out) == (2, "")
    assert all(word in err for word in words), err
    assert list(tmp_path.iterdir()) == []


HEAVY = ("numpy", "numba", "scipy", "pyarrow", "matplotlib", "networkx", "pydantic", "rich.progress")
LIGHT = {
    "--help": HEAVY,
    "run --help": HEAVY,
    "compare --help": HEAVY,
    "sweep --help": HEAVY,
    "measure --help": HEAVY,
    "report --help": HEAVY,
    "completion bash": HEAVY,
    "list": HEAVY[:-2],
    "schema": HEAVY[:6],
    "show smallville": HEAVY[:6],
}


@pytest.mark.parametrize("arguments", LIGHT, ids=LIGHT)
def test_no_command_imports_what_it_does_not_use(arguments):
    code = (
        "import sys, atexit\n"
        "from simulate import cli\n"
        f"sys.argv = ['plateprint', *{arguments.split()!r}]\n"
        f"atexit.register(lambda: print('HEAVY', [m for m in {LIGHT[arguments]!r} if m in sys.modules]))\n"
        "cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY []"
