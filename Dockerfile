# Any base with Python 3.11 or newer on its PATH, by digest; the default is for amd64 and arm64.
ARG BASE_IMAGE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

# hadolint ignore=DL3006
FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src

# Two environments: one that builds, and one that stays and holds no pip.
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/handrail

# The builder's own index, proxy and certificates come as secrets: no layer keeps them.
COPY requirements/build.lock requirements/service.lock requirements/
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca.pem,target=/run/secrets/ca.pem \
    /build/bin/pip install -q --require-hashes -r requirements/build.lock \
    && /build/bin/pip --python /opt/handrail/bin/python install -q --no-compile \
        --only-binary :all: --no-deps --require-hashes -r requirements/service.lock

COPY pyproject.toml README.md LICENSE ./
COPY service handrail
RUN /build/bin/pip wheel -q --no-deps --no-build-isolation --no-index -w dist . \
    && /build/bin/pip --python /opt/handrail/bin/python install -q --no-compile --no-deps --no-index dist/*.whl

# What the service never reads goes, what it reads is compiled, and the AWS clients must open.
COPY deploy/__init__.py deploy/
COPY deploy/image/__init__.py deploy/image/opens.py deploy/image/slim.py deploy/image/
RUN /build/bin/python -m deploy.image.slim /opt/handrail \
    && /opt/handrail/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/handrail/lib \
    && /opt/handrail/bin/python -m deploy.image.opens
COPY state_machines /opt/handrail/state_machines

# hadolint ignore=DL3006
FROM ${BASE_IMAGE}
# Slim Pythons come without bytecode, and a read-only root never gets any: each start would compile.
RUN python3 -m compileall -q -x '/(dist-packages|ensurepip|idlelib|lib2to3|pydoc_data|site-packages|test|tests|tkinter|turtledemo)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/handrail /opt/handrail

ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=https://github.com/handrail/handrail
LABEL org.opencontainers.image.title="handrail" \
      org.opencontainers.image.description="The live front door of AWS Step Functions: start, watch and complete executions over REST and WebSockets." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}"

ENV PATH=/opt/handrail/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HANDRAIL_STATE_MACHINES_DIR=/opt/handrail/state_machines
WORKDIR /opt/handrail
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["/opt/handrail/bin/python", "-I", "-m", "handrail.entrypoints.healthcheck"]
ENTRYPOINT ["/opt/handrail/bin/handrail"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
