# syntax=docker/dockerfile:1

# The bundle is the same for every processor, so it is made on the builder's own.
FROM --platform=$BUILDPLATFORM node:24-slim AS bundle
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
ARG MCP_KRAKEN_VERSION=0.0.0-dev
RUN npm run build

# The native module, with the binary that its package brings for each processor: nothing is compiled.
FROM node:24-slim AS native
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY scripts/native-module.mjs scripts/
RUN node scripts/native-module.mjs /native

FROM node:24-slim
ARG MCP_KRAKEN_VERSION=0.0.0-dev
LABEL org.opencontainers.image.title="mcp-kraken" \
  org.opencontainers.image.description="MCP server for the Kraken Spot REST API" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="$MCP_KRAKEN_VERSION"
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data \
  && ln --symbolic /app/dist/main.mjs /usr/local/bin/mcp-kraken
WORKDIR /app
COPY LICENSE ./
COPY --from=native /native/node_modules node_modules
COPY --from=bundle /build/dist dist
# All that is written: tokens, nonces, and what paper trading keeps. The root may be read-only.
ENV MCP_KRAKEN_TOKEN_DB=/data/tokens.db MCP_KRAKEN_STATE_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["mcp-kraken", "health"]
# The young generation of the heap is bounded, which takes a third off the memory under load. docs/performance.md has figures.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/dist/main.mjs"]
CMD ["serve"]
