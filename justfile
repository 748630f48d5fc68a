# Short names for what package.json can do: `just` lists them.

[private]
default:
    @just --list

# Install what the lock names
sync:
    npm ci

# Run the tests; words choose files
test *words:
    npm test -- {{ words }}

# Compile, lint, check the format and the lock, and run the tests
check:
    npm run check
    npm test

# Mend what lint, format and lock can mend by themselves
fix:
    npm run fix

# Bundle into dist/
build:
    npm run build

# Build the image for this machine
docker-build tag="mcp-kraken":
    docker build --tag {{ tag }} .

# Make a certificate that this machine trusts, with mkcert
cert-local *names="localhost 127.0.0.1 ::1":
    mkdir -p certs
    mkcert -install
    mkcert -key-file certs/key.pem -cert-file certs/cert.pem {{ names }}

# Serve on https://localhost:8765/mcp, with the certificate of cert-local
serve-https: build
    node dist/main.mjs serve --host localhost --port 8765 --path /mcp --ssl-keyfile certs/key.pem --ssl-certfile certs/cert.pem

# Measure; words choose benchmarks
bench *words:
    npm run bench -- {{ words }}

# Write the documents that are made from the sources
docs:
    npm run docs
