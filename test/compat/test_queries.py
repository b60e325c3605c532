"""Task.get_tasks and Task.query_tasks with every filter and operator that the SDK documents, against an oracle."""

import itertools
import random
import re
import time

import pytest

STATUSES = {"created": [], "in_progress": ["tasks.started"], "completed": ["tasks.started", "tasks.completed"],
            "stopped": ["tasks.started", "tasks.stopped"], "published": ["tasks.started", "tasks.publish"]}
TAGS = ["best", "debug", "a.b", "日本"]
NAMES = ["train (1)", "train [2]", "Train 10", "evaluate", "a.b*c"]


@pytest.fixture(scope="module")
def made(sdk, coffer, project):
    """Documents of tasks of every kind, as the server tells them one by one."""
    dice = random.Random(7)
    inside = coffer.data_of("projects.create", name=project + "/queries")["id"]
    ids = []
    for number, (name, status) in enumerate(itertools.product(NAMES, STATUSES)):
        tags = dice.sample(TAGS, dice.randrange(4))
        fields = dict(name=name, type=dice.choice(["training", "testing"]), project=inside, tags=tags,
                      system_tags=["archived"] if number % 6 == 0 else [],
                      comment=dice.choice(["", "my comment", "trained models"]),
                      script={"repository": dice.choice(["https://github.com/user/r.git", "git@elsewhere:r.git"])})
        if ids and number % 4 == 0:
            fields["parent"] = ids[0]
        task = coffer.data_of("tasks.create", **fields)["id"]
        for value in [dice.randrange(100) / 8 for _ in range(dice.randrange(3))]:
            coffer.data_of("events.add", type="training_stats_scalar", task=task, iter=number, metric="loss", variant="val", value=value)
        for step in STATUSES[status]:
            coffer.data_of(step, task=task, force=True)
        ids.append(task)
        time.sleep(0.002)  # times are milliseconds, and tell the tasks apart
    return [coffer.task(task) for task in ids]


def tagged(tags):
    """What a list of tags with operators means, read item by item."""
    some, every, none, mode, joined, ruled, negated = [], [], [], "any", "and", False, False
    for at, item in enumerate(tags):
        if item in ("__$all", "__$and", "__$any", "__$or"):
            mode = "all" if item in ("__$all", "__$and") else "any"
            if at == 0 and mode == "any":
                joined = "or"
            ruled = True
        elif item == "__$not":
            negated = True
        elif negated or (item.startswith("-") and not ruled):
            none.append(item if negated else item[1:])
            negated = False
        else:
            (every if mode == "all" else some).append(item)

    def holds(task):
        have = set(task["tags"])
        buckets = [bool(have & set(some))] * bool(some) + [have >= set(every)] * bool(every) + [not have & set(none)] * bool(none)
        return not buckets or (any(buckets) if joined == "or" else all(buckets))

    return holds


def archived(task):
    return "archived" in task["system_tags"]


TAG_FILTERS = [
    ["best"], ["best", "debug"], ["-debug"], ["best", "-debug"], ["__$all", "best", "debug"], ["__$and", "best", "a.b"], ["日本", "-best"],
    ["__$any", "best", "日本"], ["__$or", "best", "__$not", "debug"], ["__$all", "best", "__$not", "debug", "__$not", "a.b"],
    ["__$all", "best", "__$or", "debug", "日本"], ["__$all", "best", "__$or", "debug", "__$not", "a.b", "__$and", "日本"], ["none"],
]


@pytest.mark.parametrize("tags", TAG_FILTERS, ids=" ".join)
def test_tags_are_filtered_as_the_oracle_does(tags, sdk, made, project):
    holds = tagged(tags)
    want = {t["id"] for t in made if holds(t)}
    assert set(sdk.Task.query_tasks(project_name=project + "/queries", tags=list(tags))) == want
    assert {t.id for t in sdk.Task.get_tasks(project_name=project + "/queries", tags=list(tags))} == want
    alive = {t["id"] for t in made if holds(t) and not archived(t)}
    assert {t.id for t in sdk.Task.get_tasks(project_name=project + "/queries", tags=list(tags), allow_archived=False)} == alive


@pytest.mark.parametrize("name", NAMES)
def test_names_are_matched_whole_in_part_and_as_expressions(name, sdk, made, project):
    inside = dict(project_name=project + "/queries")
    for pattern in ["^" + re.escape(name) + "$", re.escape(name), re.escape(name[1:4]), "^" + re.escape(name[:3]), "[0-9]+", "^(?i:train)"]:
        want = {t["id"] for t in made if re.search(pattern, t["name"])}
        assert set(sdk.Task.query_tasks(task_name=pattern, **inside)) == want, pattern


def test_every_documented_filter_is_answered_as_the_oracle_does(sdk, made, project):
    inside = dict(project_name=project + "/queries")
    user, parent = made[0]["user"], made[0]["id"]
    for filters, holds in [
        ({"parent": parent}, lambda t: t.get("parent") == parent),
        ({"status": ["completed", "published"]}, lambda t: t["status"] in ("completed", "published")),
        ({"type": ["testing"]}, lambda t: t["type"] == "testing"),
        ({"user": [user]}, lambda t: t["user"] == user),
        ({"user": ["nobody"]}, lambda t: False),
        ({"search_text": "training"}, lambda t: "train" in (t["name"] + t["comment"]).lower()),
        ({"search_text": '"my comment"'}, lambda t: "my comment" in t["comment"]),
        ({"search_text": "evaluate -comment"}, lambda t: t["name"] == "evaluate" and "comment" not in t["comment"]),
        ({"search_text": parent}, lambda t: t["id"] == parent),
        ({"_all_": dict(fields=["script.repository"], pattern="github.com/user")}, lambda t: "github.com/user" in t["script"]["repository"]),
        ({"_any_": dict(fields=["comment", "name"], pattern="TRAIN")}, lambda t: "train" in (t["comment"] + " " + t["name"]).lower()),
        ({"status_changed": [">=" + made[3]["status_changed"], "<" + made[12]["status_changed"]]},
         lambda t: made[3]["status_changed"] <= t["status_changed"] < made[12]["status_changed"]),
        ({"id": [made[1]["id"], made[2]["id"]]}, lambda t: t["id"] in (made[1]["id"], made[2]["id"])),
    ]:
        want = {t["id"] for t in made if holds(t)}
        assert set(sdk.Task.query_tasks(task_filter=dict(filters), **inside)) == want, filters
        assert {t.id for t in sdk.Task.get_tasks(task_filter=dict(filters), **inside)} == want, filters
    ids = [made[4]["id"], made[8]["id"]]
    assert {t.id for t in sdk.Task.get_tasks(task_ids=ids)} == set(ids)


def test_every_order_is_that_of_the_oracle(sdk, made, project):
    def loss(task, part):
        for metric in task["last_metrics"].values():
            for variant in metric.values():
                return variant[part]
        return None

    metric = "last_metrics.81513effdf5790b79549208838404407.3a6d0284e743dc4a9b86f97d6dd1a3bf."
    for key, of in [
        ("name", lambda t: t["name"]), ("last_update", lambda t: t["last_update"]), ("created", lambda t: t["created"]), ("comment", lambda t: t["comment"] or None),
        *((metric + part, lambda t, part=part: loss(t, part)) for part in ("value", "min_value", "max_value")),
    ]:
        for sign in ("", "-"):
            by_id = sorted(made, key=lambda t: t["id"], reverse=bool(sign))  # equal ones go the way of the key
            want = sorted((t for t in by_id if of(t) is not None), key=of, reverse=bool(sign))
            want += [t for t in by_id if of(t) is None]
            got = sdk.Task.query_tasks(project_name=project + "/queries", task_filter={"order_by": [sign + key]})
            assert got == [t["id"] for t in want], sign + key


def test_requested_fields_come_back(sdk, made, project):
    rows = sdk.Task.query_tasks(project_name=project + "/queries", additional_return_fields=["last_update", "user", "script.repository"])
    assert {r["id"]: r["script.repository"] for r in rows} == {t["id"]: t["script"]["repository"] for t in made}
    assert all(r["user"] == made[0]["user"] and r["last_update"] for r in rows)
