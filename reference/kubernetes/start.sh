#!/usr/bin/env bash
# Starts a real control plane on loopback for comparing: start.sh BINARIES STATE PORT [all].
# BINARIES holds kube-apiserver and, for "all", kube-controller-manager and kube-scheduler; etcd is
# taken from the PATH. Uses PORT to PORT+2.
# Writes STATE/kubeconfig and STATE/pids; end it with: kill $(cat STATE/pids).
set -euo pipefail
binaries=$1 state=$2 port=$3 parts=${4:-api}
mkdir -p "$state/etcd" "$state/certs"
"$(command -v etcd)" --data-dir "$state/etcd" --listen-client-urls "http://127.0.0.1:$((port + 1))" \
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
ready=
for _ in $(seq 150); do
  if curl -sk "https://127.0.0.1:$port/readyz" | grep -q ok; then ready=yes; break; fi
  sleep 0.2
done
[ -n "$ready" ] || { echo "the API server is not ready after 30 s; see $state/apiserver.log" >&2; exit 1; }
cat >"$state/kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: real, cluster: {server: "https://127.0.0.1:$port", certificate-authority-data: $(base64 -w0 "$state/certs/apiserver.crt")}}]
users: [{name: real, user: {token: $token}}]
contexts: [{name: real, context: {cluster: real, user: real}}]
current-context: real
END
[ "$parts" = all ] || exit 0
"$binaries/kube-controller-manager" --kubeconfig "$state/kubeconfig" --leader-elect=false --secure-port 0 \
  --service-account-private-key-file "$state/sa.key" --root-ca-file "$state/certs/apiserver.crt" \
  --cert-dir "$state/certs" --kube-api-qps 500 --kube-api-burst 1000 --controllers '*,-node-lifecycle-controller' \
  >"$state/controllers.log" 2>&1 &
echo $! >>"$state/pids"
"$binaries/kube-scheduler" --kubeconfig "$state/kubeconfig" --leader-elect=false --secure-port 0 \
  --kube-api-qps 500 --kube-api-burst 1000 >"$state/scheduler.log" 2>&1 &
echo $! >>"$state/pids"
