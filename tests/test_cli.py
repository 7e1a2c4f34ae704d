"""The command line: what it prints, how it exits, and what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from simulate import cli
from simulate.cli.options import cases_in

TINY = (
    "--set", "roads.population=900", "--set", "period.days=9", "--set", "measure.targets=40",
    "--set", "readers.place.police.spacing_m=0",
)  # fmt: skip


@pytest.fixture
def plateprint(monkeypatch, capsys):
    """Call the command line as a user would; returns exit code, output and errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["plateprint", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
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


def test_schema_is_json(plateprint):
    code, out, _ = plateprint("schema")
    assert code == 0
    assert "readers" in json.loads(out)["properties"]


def test_a_run_says_who_may_look_and_a_report_how_far_it_is(plateprint, tiny_run, tmp_path):
    code, out, _ = plateprint("run", "smallville", "--out", tiny_run, *TINY)
    assert code == 0
    assert out.splitlines()[-1] == (
        f"next: plateprint report {tiny_run}; smallville-pd looks, unless you say --observer town-and-shops"
    )
    _, out, err = plateprint("report", tiny_run, "--out", tmp_path / "page.html", "--targets", "5")
    assert out.splitlines()[-1].startswith("page: ")
    assert [line for line in err.splitlines() if "measures done" in line] == [
        f"{done} of 3 measures done; {name}" for done, name in enumerate(("exposure", "anchors", "unicity"))
    ]


def test_measure_prints_a_table_and_writes_json(plateprint, tiny_run, tmp_path):
    table = tmp_path / "rates.json"
    code, out, _ = plateprint("measure", tiny_run, "--retention", "1d,forever,1y", "--json", table)
    assert code == 0
    assert "home found within 250 m" in out
    assert "not reached" in out
    assert "“For ever” means as long as the run, 9 days.\n" in out
    rates = json.loads(table.read_text())["rates"]
    assert {rate["measure"] for rate in rates} == {"exposure", "anchors", "unicity"}
    assert all(rate["value"] is None for rate in rates if rate["retention"] == "1 year")
    assert all(rate["value"] is not None or rate["note"] for rate in rates)


def test_a_hot_list_is_measured_when_asked_for_whatever_is_kept(plateprint, tiny_run):
    tables = set()
    for kept in ("1d", "1d,forever"):
        code, out, _ = plateprint("measure", tiny_run, "--measures", "hotlist", "--retention", kept)
        assert code == 0
        tables.add(out)
    (out,) = tables
    assert "alerts per million reads" in out
    assert "innocent vehicles alerted on" in out
    assert "hotlist: How often does a hot list raise an alert" in out
    assert "unicity" not in out


def test_an_owner_sees_its_own_readers_and_fewer_sightings_than_all(plateprint, tiny_run, tmp_path):
    means = {}
    for who in ("shopping-centre", "smallville-pd", "town-and-shops"):
        table = tmp_path / f"{who}.json"
        arguments = ("--measures", "exposure", "--observer", who, "--retention", "forever", "--json", table)
        assert plateprint("measure", tiny_run, *arguments)[0] == 0
        rates = json.loads(table.read_text())["rates"]
        means[who] = next(rate["value"] for rate in rates if rate["score"] == "mean sightings")
    assert 0 < means["shopping-centre"] < means["town-and-shops"]
    assert means["shopping-centre"] + means["smallville-pd"] == pytest.approx(means["town-and-shops"])


def test_report_ends_with_four_numbers_and_the_page(plateprint, tiny_run, tmp_path):
    page = tmp_path / "page.html"
    code, out, _ = plateprint("report", tiny_run, "--out", page, "--retention", "7d")
    assert code == 0
    assert page.exists()
    assert str(page) in out.splitlines()[-1]
    assert out.count("in 1,000") >= 4


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
    "verify of nothing": (("verify", "nowhere"), ["nowhere"]),
    "measure of nothing": (("measure", "nowhere"), ["nowhere"]),
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
    told = "; nothing was read there"
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
