# What a pod of the agent may not have, a line each; nothing if all is as it should be. --argjson owners true, and so on: what
# was asked for.
def must(condition; text): if condition then empty else text end;

($ARGS.named | [.owners, .ranks, .network, .tls] | map(. // false)) as [$owners, $ranks, $network, $tls]
| [.[] | select(.kind == "DaemonSet")] as $sets
| must($sets | length == 1; "there is not one DaemonSet"),
  ($sets[].spec.template.spec
    | .containers[0] as $container
    | must((.containers | length) == 1 and .initContainers == null; "not one container"),
      must((.hostNetwork // false) == $network; "hostNetwork"),
      must((.hostPID // false) == $owners; "hostPID"),
      must((.hostIPC // false) == false; "hostIPC"),
      must(.automountServiceAccountToken == false; "automountServiceAccountToken"),
      must(.securityContext.runAsNonRoot == ($ranks | not); "runAsNonRoot"),
      must(if $ranks then .securityContext.runAsUser == 0 else .securityContext.runAsUser > 0 end; "runAsUser"),
      must(.securityContext.seccompProfile == {type: "RuntimeDefault"}; "seccompProfile"),
      must($container.securityContext | del(.capabilities) == {
        privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}; "container's securityContext"),
      must($container.securityContext.capabilities.drop == ["ALL"]; "capabilities are not dropped"),
      must(($container.securityContext.capabilities.add // []) ==
        if $ranks then ["SYS_PTRACE", "DAC_READ_SEARCH"] else [] end; "capabilities are added"),
      must(all($container.volumeMounts[]; .readOnly == true); "a mount that is not read-only"),
      must(all(.volumes[]; has("hostPath") or has("configMap") or ($tls and has("projected"))); "a volume of another kind"),
      # 0440, for the group; the kubelet makes it that of fsGroup.
      must([.volumes[].projected // empty | .defaultMode, (.sources[] | keys[])] ==
        if $tls then [288, "secret", "secret"] else [] end; "the key's mode, or other sources than two Secrets"),
      must(.securityContext.fsGroup == if $tls then 10045 else null end; "fsGroup"),
      ([.volumes[] | select(.hostPath)] | map(.name)) as $of_host
      | must(all($container.volumeMounts[] | select(.name as $name | $of_host | index([$name]));
          .recursiveReadOnly == "IfPossible" and .mountPropagation == null and (.mountPath | startswith("/host/")));
          "a mount of the host is not read-only all the way down"),
        must((.volumes | map(.hostPath.path // empty) | sort) - ["/etc", "/opt", "/usr"] == ["/proc", "/sys", "/var/log/pods"];
          "other folders of the host"),
        must($container.resources == {requests: {cpu: "20m", memory: "32Mi"}, limits: {memory: "128Mi"}}; "resources"),
        must([$container.livenessProbe, $container.readinessProbe] | map(.httpGet, .tcpSocket) ==
          if $tls then [null, {port: "metrics"}, null, {port: "metrics"}]
          else [{path: "/healthz", port: "metrics"}, null, {path: "/readyz", port: "metrics"}, null] end; "probes"),
        # A request would take devices from the jobs.
        must([$container.resources[] | keys[] | select(contains("/"))] == []; "requests a device"),
        must(.tolerations == [{operator: "Exists"}]; "tolerations"),
        must((.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms | length) == 2; "nodes"))
