"""Debug samples, their destination and retention: one test for each row of group H, named after it. Below, what else
a logger reports."""

import io
import re
import threading
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402  after the choice of its backend
from conftest import QUICK_CONF  # noqa: E402
from server import wait_until  # noqa: E402
from test_output_uri import s3  # noqa: E402

# The SDK's flush comes back while its threads still send.
SENT_LIMIT = 60


@pytest.fixture
def logger(task):
    return task.get_logger()


@pytest.fixture
def samples_of(task, coffer):
    """Waits until everything is sent; then the events of a metric's debug samples, the newest first."""

    def read(metric, variant=None, iters=100):
        assert task.flush(wait_for_uploads=True)
        wanted = {"task": task.id, "metric": metric, "variants": [variant] if variant else []}
        page = coffer.data_of("events.debug_images", metrics=[wanted], iters=iters)
        (found,) = page["metrics"]
        return [event for iteration in found["iterations"] for event in iteration["events"]]

    return read


def flat(value, size=8):
    """A gray picture of one value."""
    return np.full((size, size), value, dtype=np.uint8)


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def destination(logger):
    """Sets another destination for samples until the test ends."""
    before = logger.get_default_upload_destination()
    yield logger.set_default_upload_destination
    logger.set_default_upload_destination(before)


def test_H_01_samples_have_a_destination_of_their_own(task, logger, destination, samples_of, coffer, tmp_path):
    task.output_uri = coffer.files_url
    destination((tmp_path / "samples").as_uri())
    logger.report_image("H-01", "folder", 0, image=flat(7))
    assert task.upload_artifact("H-01", {"kept": "elsewhere"}, wait_on_upload=True)
    (event,) = samples_of("H-01", "folder")
    assert event["url"].startswith((tmp_path / "samples").as_uri())
    (file,) = (tmp_path / "samples").rglob("*.jpeg")
    assert pixels(file.read_bytes()).mean() == 7
    assert coffer.record(task.id, "H-01")["uri"].startswith(coffer.files_url)

    destination(coffer.files_url + "/a b/samples")
    logger.report_image("H-01", "server", 0, image=flat(9))
    (event,) = samples_of("H-01", "server")
    assert event["url"].startswith(coffer.files_url + "/a%20b/samples/")
    assert pixels(coffer.file(event["url"]).body).mean() == 9


def test_H_02_the_destination_can_be_read_back(logger, destination, coffer, tmp_path):
    assert logger.get_default_upload_destination().rstrip("/") == coffer.files_url
    destination(tmp_path.as_uri())
    assert logger.get_default_upload_destination() == tmp_path.as_uri()
    destination(coffer.files_url + "/elsewhere")
    assert logger.get_default_upload_destination() == coffer.files_url + "/elsewhere"


def test_H_03_each_sample_is_a_file_and_only_its_link_is_reported(logger, samples_of, coffer):
    for variant in ("a", "b"):
        logger.report_image("H-03", variant, 0, image=flat(ord(variant)))
    events = samples_of("H-03")
    assert [event["variant"] for event in events] == ["a", "b"]
    for event in events:
        assert coffer.file(event["url"]).status == 200
        assert event["url"].endswith(event["key"].rsplit("/", 1)[1])
        assert set(event) <= {
            *("task", "type", "timestamp", "metric", "variant", "iter", "key", "url", "worker"),
            *("model_event", "@timestamp"),
        }


def test_H_04_credentials_of_the_destination_come_from_the_config_file(environment, run_program, coffer):
    conf = f"""
api {{
  api_server: {coffer.api_url}
  web_server: {coffer.web_url}
  files_server: {coffer.files_url}
  credentials {{ "access_key": "{coffer.keys["access_key"]}", "secret_key": "{coffer.keys["secret_key"]}" }}
}}
sdk.development.report_use_subprocess: false
"""
    keep = {"CLEARML_CONFIG_FILE"}
    bare = {k: v for k, v in environment(conf=conf).items() if not k.startswith("CLEARML_") or k in keep}
    task_id = re.search(r"task id (\w+)", run_program("samples_by_config.py", env=bare))[1]
    page = coffer.data_of("events.debug_images", metrics=[{"task": task_id}])
    (event,) = page["metrics"][0]["iterations"][0]["events"]
    assert coffer.file(event["url"]).status == 200


def test_H_04_a_bucket_may_be_the_destination(environment, run_program, new_peer, coffer, tmp_path):
    destination, conf, extra = s3(tmp_path)
    conf = QUICK_CONF + conf
    output = run_program("samples_to_bucket.py", destination, env=environment(conf=conf, **extra))
    task_id = re.search(r"task id (\w+)", output)[1]
    (metric,) = coffer.data_of("events.debug_images", metrics=[{"task": task_id}])["metrics"]
    (event,) = metric["iterations"][0]["events"]
    assert event["url"].startswith(destination + "/")
    copy = new_peer(conf=conf, **extra).fetch(event["url"]).result
    assert pixels(Path(copy["path"]).read_bytes()).mean() == 9


@pytest.mark.parametrize("kind", ["path", "PIL", "uint8", "float", "RGB", "url"])
def test_H_05_images_of_every_kind(kind, logger, samples_of, coffer, tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(flat(100)).save(path)
    sent = {
        "path": dict(local_path=str(path)),
        "PIL": dict(image=Image.fromarray(flat(100))),
        "uint8": dict(image=flat(100)),
        "float": dict(image=np.full((8, 8), 100 / 255, dtype=np.float64)),
        "RGB": dict(image=np.full((8, 8, 3), 100, dtype=np.uint8)),
        "url": dict(url="https://example.org/picture.png"),
    }[kind]
    logger.report_image("H-05", kind, 3, **sent)
    (event,) = samples_of("H-05", kind)
    assert event["iter"] == 3
    if kind == "url":
        assert event["url"] == "https://example.org/picture.png"
        return
    stored = coffer.file(event["url"]).body
    assert kind != "path" or stored == path.read_bytes()
    assert abs(pixels(stored).astype(int) - 100).max() <= 1
    with pytest.raises(Exception, match="Only one of"):
        logger.report_image("H-05", kind, 3, local_path=str(path), image=flat(1))


@pytest.mark.parametrize(
    "name, content",
    [
        ("tone.wav", b"RIFF\x24\x00\x00\x00WAVEfmt "),
        ("clip.mp4", b"\x00\x00\x00\x18ftypmp42"),
        ("page.html", b"<h1>report</h1>"),
        ("note.txt", "größe\n".encode()),
    ],
)
def test_H_06_media_from_a_path_a_stream_and_a_url(name, content, logger, samples_of, coffer, tmp_path):
    (tmp_path / name).write_bytes(content)
    extension = name.split(".")[1]
    logger.report_media("H-06 " + name, "path", 0, local_path=str(tmp_path / name))
    logger.report_media("H-06 " + name, "stream", 0, stream=io.BytesIO(content), file_extension=extension)
    logger.report_media("H-06 " + name, "url", 0, url="https://example.org/" + name)
    found = {event["variant"]: event["url"] for event in samples_of("H-06 " + name)}
    assert found.pop("url") == "https://example.org/" + name
    assert set(found) == {"path", "stream"}
    for url in found.values():
        assert url.endswith("." + extension) and coffer.file(url).body == content


def test_H_07_pictures_are_made_in_the_configured_format(logger, samples_of, coffer):
    noise = np.random.default_rng(7).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    logger.report_image("H-07", "v", 0, image=noise)
    (event,) = samples_of("H-07")
    stored = coffer.file(event["url"]).body
    made = io.BytesIO()
    Image.fromarray(noise).save(made, format="JPEG", quality=87)
    assert stored == made.getvalue()


def test_H_08_names_are_recycled_so_that_storage_stays_bounded(task, logger, samples_of):
    def names(metric, count, **options):
        for iteration in range(count):
            logger.report_image(metric, "v", iteration, image=flat(iteration), **options)
            assert task.flush(wait_for_uploads=True)
        events = [
            event for event in task._get_all_events(event_type="training_debug_image") if event["metric"] == metric
        ]
        assert len(events) == count
        return {event["url"] for event in events}

    assert len(names("H-08 three", 7, max_image_history=3)) == 3
    assert len(names("H-08 unlimited", 7, max_image_history=-1)) == 7
    before = logger.get_default_debug_sample_history()
    logger.set_default_debug_sample_history(2)
    assert len(names("H-08 default", 5)) == 2
    logger.set_default_debug_sample_history(before)


def test_H_09_an_older_iteration_never_shows_an_overwritten_picture(task, logger, samples_of, coffer):
    for iteration in range(7):
        logger.report_image("H-09", "v", iteration, image=flat(10 * iteration), max_image_history=3)
        assert task.flush(wait_for_uploads=True)
        for event in samples_of("H-09"):
            assert pixels(coffer.file(event["url"]).body).mean() == 10 * event["iter"]
    assert [event["iter"] for event in samples_of("H-09")] == [6, 5, 4]
    # All in one batch: the SDK uploads four at a time, in any order, and reports them together.
    for iteration in range(6):
        logger.report_image("H-09 at once", "v", iteration, image=flat(iteration), max_image_history=2)
    assert [event["iter"] for event in samples_of("H-09 at once")] == [5, 4]


def test_H_10_the_local_file_can_be_removed_after_the_upload(logger, samples_of, coffer, tmp_path):
    path = tmp_path / "gone.png"
    Image.fromarray(flat(1)).save(path)
    logger.report_image("H-10", "v", 0, local_path=str(path), delete_after_upload=True)
    (event,) = samples_of("H-10")
    assert coffer.file(event["url"]).status == 200 and not path.exists()


def test_H_11_figures_of_imshow_have_a_history_of_their_own(task, logger, coffer):
    for iteration in range(5):
        figure = plt.figure()
        plt.imshow(flat(iteration))
        logger.report_matplotlib_figure(
            "H-11", "v", figure, iteration=iteration, report_image=True, report_interactive=False
        )
        plt.close(figure)
        assert task.flush(wait_for_uploads=True)
    page = coffer.data_of("events.debug_images", metrics=[{"task": task.id, "metric": "H-11"}], iters=10)
    assert len(page["metrics"][0]["iterations"]) == 5, "the default keeps a hundred"


def test_H_12_pictures_of_plots_go_to_the_file_server(task, logger, coffer):
    figure = plt.figure()
    plt.plot([1, 2, 3])
    logger.report_matplotlib_figure("H-12", "v", figure, iteration=0, report_image=False, report_interactive=False)
    plt.close(figure)
    assert task.flush(wait_for_uploads=True)
    (plot,) = coffer.data_of("events.get_task_plots", task=task.id, metrics=[{"metric": "H-12"}])["plots"]
    (url,) = plot["source_urls"]
    assert url.startswith(coffer.files_url) and url in plot["plot_str"]
    assert coffer.file(url).body[:4] == b"\x89PNG"


def test_H_13_samples_are_read_back_the_newest_first(task, logger, sdk):
    for iteration in range(5):
        logger.report_image("H-13", "v", iteration, image=flat(iteration), max_image_history=-1)
    assert task.flush(wait_for_uploads=True)
    again = sdk.Task.get_task(task_id=task.id)
    assert [sample["iter"] for sample in again.get_debug_samples("H-13", "v", n_last_iterations=3)] == [4, 3, 2]
    everything = again.get_debug_samples("H-13", "v")
    assert [sample["iter"] for sample in everything] == [4, 3, 2, 1, 0]
    copy = sdk.StorageManager.get_local_copy(everything[0]["url"])
    assert np.asarray(Image.open(copy)).mean() == 4
    assert again.get_debug_samples("H-13", "none") == []


def test_H_14_uploads_do_not_hold_up_the_training(sdk, monkeypatch, logger, samples_of):
    helper = sdk.storage.helper.StorageHelper
    upload = helper.upload_from_stream
    trained, waiting, threads = threading.Event(), threading.Semaphore(0), set()

    def held(*args, **kwargs):
        threads.add(threading.get_ident())
        waiting.release()
        assert trained.wait(SENT_LIMIT)
        return upload(*args, **kwargs)

    monkeypatch.setattr(helper, "upload_from_stream", held)
    for iteration in range(40):
        logger.report_image("H-14", "v", iteration, image=flat(iteration), max_image_history=-1)
    logger.flush()
    for _ in range(2):
        assert waiting.acquire(timeout=SENT_LIMIT), "uploads go one by one"
    trained.set()
    assert len(samples_of("H-14")) == 40
    assert threading.get_ident() not in threads and len(threads) > 1


def test_H_15_samples_go_with_their_task(new_task, coffer):
    task = new_task()
    task.get_logger().report_image("H-15", "v", 0, image=flat(3))
    assert task.flush(wait_for_uploads=True)
    page = coffer.data_of("events.debug_images", metrics=[{"task": task.id}])
    (event,) = page["metrics"][0]["iterations"][0]["events"]
    assert coffer.file(event["url"]).status == 200
    assert task.delete(raise_on_error=True)
    assert coffer.file(event["url"]).status == 404


def test_H_16_a_figure_can_be_filed_as_a_sample(logger, samples_of, coffer):
    figure = plt.figure()
    plt.plot([3, 1, 2])
    logger.report_matplotlib_figure("H-16", "v", figure, iteration=2, report_image=True)
    plt.close(figure)
    (event,) = samples_of("H-16")
    assert event["iter"] == 2 and pixels(coffer.file(event["url"]).body).size > 1000


# --- what else a logger reports


@pytest.fixture
def plot_of(task, coffer):
    def read(metric):
        assert task.flush(wait_for_uploads=True)
        found = []

        def arrived():
            found[:] = coffer.data_of("events.get_task_plots", task=task.id, metrics=[{"metric": metric}])["plots"]
            return found

        wait_until(arrived, SENT_LIMIT, f"the plot {metric} did not arrive")
        (plot,) = found
        return plot["plot_str"]

    return read


def test_texts_arrive_in_order(task, logger, coffer):
    sent = [f"line {n} größe" for n in range(500)]
    for line in sent:
        logger.report_text(line, print_console=False)
    assert task.flush(wait_for_uploads=True)

    def arrived():
        log = coffer.data_of("events.get_task_log", task=task.id, order="asc", batch_size=10_000)["events"]
        return [line for event in log for line in event["msg"].splitlines() if line in sent]

    wait_until(lambda: len(arrived()) >= len(sent), SENT_LIMIT, "not all lines arrived")
    assert arrived() == sent
    assert sent[-1] in "".join(task.get_reported_console_output(10))


def test_scalars_come_back_as_they_were_reported(task, logger, coffer):
    for iteration in range(1500):
        logger.report_scalar("loss", "train", value=0.1 * iteration, iteration=iteration)
    logger.report_scalar("loss", "nan", value=float("nan"), iteration=0)
    logger.report_single_value("best", 0.25)
    assert task.flush(wait_for_uploads=True)
    wait_until(
        lambda: coffer.data_of("events.get_scalar_metric_data", task=task.id, metric="loss")["total"] == 1501,
        SENT_LIMIT,
        "not all scalars arrived",
    )
    curves = task.get_reported_scalars(max_samples=2000)
    assert curves["loss"]["train"]["x"] == list(range(1500))
    assert curves["loss"]["train"]["y"] == [0.1 * n for n in range(1500)]
    everything = task.get_all_reported_scalars()
    assert everything["loss"]["train"]["y"] == curves["loss"]["train"]["y"]
    wait_until(lambda: task.get_reported_single_value("best"), SENT_LIMIT, "the single value did not arrive")
    assert task.get_reported_single_values() == {"best": 0.25}
    task.reload()
    last = task.get_last_scalar_metrics()["loss"]["train"]
    assert (last["last"], last["min"], last["max"]) == (0.1 * 1499, 0.0, 0.1 * 1499)
    assert task.get_last_iteration() == 1499


def test_plots_of_every_kind_arrive(task, logger, plot_of):
    import pandas as pd
    import plotly.graph_objects as go

    logger.report_histogram("histogram", "v", values=[1, 2, 3], iteration=0, xaxis="x", yaxis="y")
    assert '"bar"' in plot_of("histogram")
    logger.report_table("table", "v", iteration=0, table_plot=pd.DataFrame({"größe": [1, 2]}))
    assert '"table"' in plot_of("table")
    logger.report_plotly("plotly", "v", iteration=0, figure=go.Figure(go.Scatter(x=[1, 2], y=[3, 4])))
    assert '"scatter"' in plot_of("plotly")
    figure = plt.figure()
    plt.plot([1, 2, 3])
    logger.report_matplotlib_figure("figure", "v", figure, iteration=0)
    plt.close(figure)
    assert '"data"' in plot_of("figure")
    assert {plot["metric"] for plot in task.get_reported_plots()} >= {"histogram", "table", "plotly", "figure"}


def test_a_training_loop_logged_by_tensorboardx_and_matplotlib_arrives_whole(
    environment, run_program, coffer, tmp_path
):
    output = run_program("training_loop.py", env=environment(), cwd=tmp_path)
    task_id = re.search(r"task id (\w+)", output)[1]
    curves = coffer.data_of("events.scalar_metrics_iter_histogram", task=task_id)
    assert curves["loss"]["train"]["y"] == pytest.approx([1 / (n + 1) for n in range(20)], rel=1e-6)
    accuracy = [curve for metric in curves if "accuracy" in metric for curve in curves[metric].values()]
    assert len(accuracy) == 2 and all(len(curve["x"]) == 20 for curve in accuracy)
    page = coffer.data_of("events.debug_images", metrics=[{"task": task_id}], iters=100)
    events = [event for i in page["metrics"][0]["iterations"] for event in i["events"]]
    batches = [event for event in events if "batch" in event["metric"] + event["variant"]]
    assert sorted(event["iter"] for event in batches) == [0, 10]
    assert all(coffer.file(event["url"]).status == 200 for event in events)
    plots = coffer.data_of("events.get_task_plots", task=task_id, iters=100)["plots"]
    assert {"squares", "eye"} <= {event["metric"] for event in plots + events}
    weights = [plot for plot in plots if "weights" in plot["metric"] + plot["variant"]]
    assert weights, "the histograms"
