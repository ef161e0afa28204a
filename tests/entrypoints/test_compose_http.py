"""The web's options, by the settings."""

from handrail.entrypoints.compose_http import web_options
from handrail.settings import Settings


def test_the_web_hears_of_the_settings_what_it_needs() -> None:
    settings = Settings(
        environment="prod",
        allowed_origins="https://shop.example",
        public_url="https://api.example/handrail",
        ws_heartbeat_s=7,
        max_body_bytes=2048,
    )
    options = web_options(settings)
    assert options.trigger_machine == "orchestration-prod"
    assert options.origins.listed == {"https://shop.example"}
    assert options.origins.own == "https://api.example"
    assert options.public_url == "https://api.example/handrail"
    assert (options.session.heartbeat_s, options.max_body_bytes) == (7, 2048)


def test_metrics_are_public_only_where_that_was_decided() -> None:
    assert web_options(Settings(metrics_public=True)).metrics_public
    assert not web_options(Settings()).metrics_public
