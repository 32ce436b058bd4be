.PHONY: assets
assets: ## Find or build the control plane (etcd, kube-apiserver, kube-controller-manager, kubectl); the last line is its directory.
	@hack/assets/assets.sh
