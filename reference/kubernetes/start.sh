#!/usr/bin/env bash
# Starts a real kube-apiserver with etcd on loopback for comparing: start.sh BINARIES STATE PORT.
# Writes STATE/kubeconfig and STATE/pids; end it with: kill $(cat STATE/pids).
set -euo pipefail
binaries=$1 state=$2 port=$3
mkdir -p "$state/etcd" "$state/certs"
etcd=$(command -v etcd)
"$etcd" --data-dir "$state/etcd" --listen-client-urls "http://127.0.0.1:$((port + 1))" \
  --advertise-client-urls "http://127.0.0.1:$((port + 1))" --listen-peer-urls "http://127.0.0.1:$((port + 2))" \
  --unsafe-no-fsync >"$state/etcd.log" 2>&1 &
echo $! >"$state/pids"
openssl genrsa -out "$state/sa.key" 2048 2>/dev/null
token=$(openssl rand -hex 16)
echo "$token,kubernetes-admin,admin,system:masters" >"$state/tokens.csv"
"$binaries/kube-apiserver" --etcd-servers "http://127.0.0.1:$((port + 1))" --bind-address 127.0.0.1 \
  --secure-port "$port" --cert-dir "$state/certs" --token-auth-file "$state/tokens.csv" \
  --authorization-mode Node,RBAC --service-account-issuer https://kubernetes.default.svc.cluster.local \
  --service-account-key-file "$state/sa.key" --service-account-signing-key-file "$state/sa.key" \
  --service-cluster-ip-range 10.96.0.0/16 >"$state/apiserver.log" 2>&1 &
echo $! >>"$state/pids"
for _ in $(seq 100); do
  if curl -sk "https://127.0.0.1:$port/readyz" | grep -q ok; then break; fi
  sleep 0.2
done
cat >"$state/kubeconfig" <<EOF
apiVersion: v1
kind: Config
clusters: [{name: real, cluster: {server: "https://127.0.0.1:$port", certificate-authority-data: $(base64 -w0 "$state/certs/apiserver.crt")}}]
users: [{name: real, user: {token: $token}}]
contexts: [{name: real, context: {cluster: real, user: real}}]
current-context: real
EOF
