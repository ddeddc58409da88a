#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/manifest.h"
#include "targets/kubernetes/manifest/review.h"

/* A cluster that has a few things and nothing else. */
static enum kg_presence
world_has(void *, const char *, const char *api_version, const char *kind, const char *namespace_, const char *name, const char *)
{
	if (strcmp(kind, "Secret") == 0 && strcmp(name, "in-cluster") == 0 && strcmp(namespace_, "ds") == 0)
		return KG_PRESENT;
	if (strcmp(kind, "ClusterRole") == 0)
		assert_string_equal(api_version, "rbac.authorization.k8s.io/v1");
	return KG_ABSENT;
}

static enum kg_presence
world_has_image(void *, const char *, const char *image)
{
	return strcmp(image, "localhost/web:1") == 0 || strcmp(image, "web") == 0 ? KG_PRESENT : KG_ABSENT;
}

static enum kg_presence
world_maps_port(void *, const char *, int64_t node_port)
{
	return node_port == 30081 || node_port == 30082 ? KG_PRESENT : KG_ABSENT;
}

static const char *
world_holder(void *, const char *, int64_t node_port, const char *)
{
	return node_port == 30082 ? "other/web" : node_port == 30081 ? "ds/web" : NULL;
}

static const struct kg_world world = {
	.has = world_has, .has_image = world_has_image, .maps_port = world_maps_port, .node_port_holder = world_holder
};

static void
tell(struct kg_text *out, const char *level, const struct kg_errors *errors)
{
	for (const struct kg_error *error = errors->first; error; error = error->next)
		kg_text_format(out, "%s %s:%u:%u %s%s%s\n", level, error->place.file, error->place.line, error->place.column,
		    error->message, error->advice ? " -> " : "", error->advice ? error->advice : "");
}

/* What is told of texts, each one a node of the same cluster. The default namespace is ds. */
static const char *
reviewed(struct kg_arena *arena, const struct kg_world *asked, const char *const *texts, bool is_partial)
{
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	struct kg_reviewed nodes[4];
	uint32_t count = 0;
	struct kg_text out = { .arena = arena };

	for (; texts[count]; count++) {
		struct kg_manifest *manifest = kg_new(arena, struct kg_manifest);
		const char *file = kg_format(arena, "%c", 'a' + (int)count);

		kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ file, texts[count], strlen(texts[count]) }, manifest);
		nodes[count] = (struct kg_reviewed){ .node = file,
			.manifest = manifest,
			.cluster = "cluster",
			.namespace_ = "ds",
			.is_partial = is_partial && count == 0 };
	}
	assert_null(errors.first);
	kg_manifest_review(arena, nodes, count, asked, &errors, &warnings);
	tell(&out, "error", &errors);
	tell(&out, "warning", &warnings);
	return kg_text_end(&out);
}

static void
assert_told(const char *text, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();
	const char *texts[] = { text, "{apiVersion: v1, kind: Namespace, metadata: {name: ds}}", NULL };

	assert_string_equal(reviewed(arena, &world, texts, false), expected);
	kg_arena_free(arena);
}

/* One container of a Deployment, with something in it; `%s` is on line 11. */
static void
assert_container_told(const char *settings, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena,
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n"
	    "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - {name: c, image: "
	    "'localhost/web:1',\n%s}\n"
	    "      volumes:\n      - {name: data, emptyDir: {}}\n"
	    "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {level: x}, binaryData: {bytes: eA==}}\n"
	    "---\n{apiVersion: v1, kind: Secret, metadata: {name: password}, stringData: {word: x}}\n",
	    settings);
	assert_told(text, expected);
	kg_arena_free(arena);
}

#define PROBED "readinessProbe: {exec: {command: [x]}}, "

static void
what_env_names_has_to_be_there(void **)
{
	assert_container_told(PROBED "envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: password}}]", "");
	assert_container_told(PROBED "envFrom: [{secretRef: {name: in-cluster}}]", "");
	assert_container_told(PROBED "envFrom: [{configMapRef: {name: setings}}]",
	    "error a:11:73 envFrom names ConfigMap ds/setings, which neither the graph nor the cluster has -> did you mean "
	    "`settings`?\n");
	assert_container_told(PROBED "envFrom: [{configMapRef: {name: none-such, optional: true}}]", "");
	assert_container_told(PROBED "env: [{name: A, valueFrom: {secretKeyRef: {name: zzz, key: x}}}]",
	    "error a:11:90 env names Secret ds/zzz, which neither the graph nor the cluster has\n");
	assert_container_told(PROBED "envFrom: [{configMapRef: {name: '${node.x.name}'}}]", "");
}

static void
keys_have_to_be_there(void **)
{
	assert_container_told(PROBED "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: level}}},"
				     " {name: B, valueFrom: {configMapKeyRef: {name: settings, key: bytes}}},"
				     " {name: C, valueFrom: {secretKeyRef: {name: password, key: word}}}]",
	    "");
	assert_container_told(PROBED "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: levle}}}]",
	    "error a:11:108 ConfigMap settings has no key `levle` -> did you mean `level`?\n");
	assert_container_told(PROBED "env: [{name: A, valueFrom: {secretKeyRef: {name: password, key: zzz, optional: true}}}]", "");
}

static const char pod[] =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  restartPolicy: Never\n  containers: [{name: c, image: x:1}]\n";

static void
assert_pod_told(const char *more, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();

	assert_told(
	    kg_format(arena, "%s  %s\n---\n{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: eA==}}\n", pod, more),
	    expected);
	kg_arena_free(arena);
}

static void
what_a_pod_names_has_to_be_there(void **)
{
	assert_pod_told("volumes: [{name: v, secret: {secretName: s, items: [{key: k, path: k}]}}]", "");
	assert_pod_told("volumes: [{name: v, secret: {secretName: s, items: [{key: q, path: k}]}}]",
	    "error a:7:61 Secret s has no key `q` -> the pod would not start; if that key may miss, say optional: true beside "
	    "it\n");
	assert_pod_told("volumes: [{name: v, projected: {sources: [{configMap: {name: m}}]}}]",
	    "error a:7:64 volume names ConfigMap ds/m, which neither the graph nor the cluster has\n");
	assert_pod_told("volumes: [{name: v, persistentVolumeClaim: {claimName: q}}]",
	    "error a:7:58 volume names PersistentVolumeClaim ds/q, which neither the graph nor the cluster has\n");
	assert_pod_told("volumes: [{name: v, configMap: {name: kube-root-ca.crt}}]", "");
	assert_pod_told("serviceAccountName: default", "");
	assert_pod_told("serviceAccountName: runner",
	    "error a:7:23 serviceAccountName names ServiceAccount ds/runner, which neither the graph nor the cluster has\n");
	assert_pod_told("imagePullSecrets: [{name: q}]",
	    "warning a:7:29 imagePullSecrets names Secret ds/q, which neither the graph nor the cluster has\n");
}

static void
what_nobody_knows_is_a_warning(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena, "%s  serviceAccountName: runner\n", pod);
	const char *texts[] = { text, "{apiVersion: v1, kind: Namespace, metadata: {name: ds}}", NULL };

	assert_string_equal(reviewed(arena, NULL, texts, false),
	    "warning a:7:23 serviceAccountName names ServiceAccount ds/runner, which no node of the graph has -> it has to be in "
	    "the cluster "
	    "by then\n");
	assert_string_equal(reviewed(arena, NULL, texts, true), ""); /* it may be among what is not known yet */
	/* A controller makes what its object names. */
	const char *made[] = { kg_format(arena, "%s  volumes: [{name: v, secret: {secretName: tls}}]\n", pod), texts[1],
		"{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: c}, spec: {secretName: tls}}", NULL };
	assert_string_equal(reviewed(arena, &world, made, false), "");
	kg_arena_free(arena);
}

static void
nodes_see_each_other(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena, "%s  serviceAccountName: runner\n", pod);
	const char *texts[] = { text, "{apiVersion: v1, kind: Namespace, metadata: {name: ds}}",
		"{apiVersion: v1, kind: ServiceAccount, metadata: {name: runner, namespace: ds}}", NULL };

	assert_string_equal(reviewed(arena, &world, texts, false), "");
	kg_arena_free(arena);
}

static void
texts_are_texts_and_numbers_numbers(void **)
{
	assert_container_told(PROBED "env: [{name: A, value: 5}, {name: B, value: '5'}, {name: C, value: on}], args: [-x, 1]",
	    "error a:11:64 the value of an environment variable is a text, and this is a number -> put it in quotes\n"
	    "error a:11:108 the value of an environment variable is a text, and this is a boolean -> put it in quotes\n"
	    "error a:11:125 an argument is a text, and this is a number -> put it in quotes\n");
	assert_container_told(PROBED "ports: [{containerPort: '80'}]",
	    "error a:11:65 a port is a number, and this is a text -> write it without quotes\n");
	assert_told("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {a: y}}, data: {a: x, port: 5432}}",
	    "error a:1:67 a label is a text, and this is a boolean -> put it in quotes\n"
	    "error a:1:91 what a ConfigMap holds is a text, and this is a number -> put it in quotes\n");
	assert_told("{apiVersion: x.io/v1, kind: Thing, metadata: {name: t}, spec: {replicas: a}, data: {a: 5}}", "");
}

static void
a_slip_in_a_name_is_an_error_where_nobody_else_brings_anything(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	const char *text = kg_format(
	    arena, "%s  serviceAccountName: runer\n---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: runner}}", pod);
	struct kg_manifest manifest = { 0 };
	struct kg_reviewed node = { .node = "n", .manifest = &manifest, .cluster = "", .namespace_ = "default" };

	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "a", text, strlen(text) }, &manifest);
	kg_manifest_review(arena, &node, 1, NULL, &errors, &warnings);
	assert_int_equal(errors.count, 0);
	assert_int_equal(warnings.count, 1);
	node.is_fresh = true;
	kg_manifest_review(arena, &node, 1, NULL, &errors, &warnings);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.first->advice, "did you mean `runner`?");
	kg_arena_free(arena);
}

/* "standard" is what kind's clusters have. */
static void
a_class_that_is_nearly_another_may_be_what_the_cluster_comes_with(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	static const char text[] =
	    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: standard2}}\n---\n"
	    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: standard}}";
	struct kg_manifest manifest = { 0 };
	const struct kg_reviewed node = {
		.node = "n", .manifest = &manifest, .cluster = "", .namespace_ = "default", .is_fresh = true
	};

	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "a", text, strlen(text) }, &manifest);
	kg_manifest_review(arena, &node, 1, NULL, &errors, &warnings);
	assert_int_equal(errors.count, 0);
	kg_arena_free(arena);
}

static void
a_mount_needs_its_volume(void **)
{
	assert_container_told(PROBED "volumeMounts: [{name: data, mountPath: /x}]", "");
	assert_container_told(PROBED "volumeMounts: [{name: date, mountPath: /x}]",
	    "error a:11:63 the container `c` mounts `date`, but the pod has no such volume -> did you mean `data`?\n");
	assert_told("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n  selector: {matchLabels: {a: b}}\n"
		    "  volumeClaimTemplates: [{metadata: {name: disk}}]\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n"
		    "      containers: [{name: c, image: x:1, readinessProbe: {}, volumeMounts: [{name: disk, mountPath: /x}]}]\n",
	    "");
}

static void
a_container_without_probes_is_told(void **)
{
	assert_container_told("env: []",
	    "warning a:10:16 the container `c` has no probe -> without a readinessProbe, it counts as ready when it has run "
	    "for two seconds\n");
	assert_container_told("livenessProbe: {exec: {command: [x]}}", "");
	assert_told("apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template: {spec: {containers: [{name: c, "
		    "image: x:1}]}}\n",
	    "");
}

static void
a_probe_asks_a_port_that_is_open(void **)
{
	assert_container_told("ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: http}}, livenessProbe: "
			      "{tcpSocket: {port: 80}}",
	    "");
	assert_container_told("ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: htpp}}",
	    "error a:11:76 the readinessProbe of the container `c` asks the port `htpp`, which it does not open -> did you mean "
	    "`http`?\n");
	assert_container_told("ports: [{containerPort: 80}], startupProbe: {grpc: {port: 81}}",
	    "warning a:11:59 the startupProbe of the container `c` asks the port `81`, which it does not open -> add it to the "
	    "container's "
	    "`ports`, or ask one that is there\n");
	assert_container_told("readinessProbe: {httpGet: {port: 81}}", "");
	assert_container_told("readinessProbe: {httpGet: {port: 81, host: example.org}}, ports: [{containerPort: 80}]", "");
}

static void
a_service_selects_pods(void **)
{
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}}}",
	    "warning a:1:73 Service web selects app=web, which no pod of the graph in the namespace `ds` has\n");
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: ExternalName, selector: {app: web}}}", "");
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {}}", "");
	assert_told("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web, tier: x}}\n---\n"
		    "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web, tier: z}}\nspec: {restartPolicy: Never, "
		    "containers: []}\n",
	    "error a:4:18 Service web selects app=web,tier=x, which no pod of the graph in the namespace `ds` has -> pods of Pod p "
	    "have "
	    "app=web,tier=z\n");
	/* Who elects a leader says so by a label. */
	assert_told(
	    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web, role: leader}}\n---\n"
	    "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web}}\nspec: {restartPolicy: Never, containers: []}\n",
	    "warning a:4:18 Service web selects app=web,role=leader, which no pod of the graph in the namespace `ds` has -> pods "
	    "of Pod p "
	    "have "
	    "app=web\n");
	/* So do controllers, of each pod of a StatefulSet. */
	assert_told(
	    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {statefulset.kubernetes.io/pod-name: p-0, "
	    "app: web}\n---\n"
	    "apiVersion: v1\nkind: Service\nmetadata: {name: one}\nspec:\n  selector: {statefulset.kubernetes.io/pod-name: "
	    "p-0}\n---\n"
	    "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web}}\nspec: {restartPolicy: Never, containers: []}\n",
	    "");
	assert_told("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {a: b}}\n"
		    "  template: {metadata: {labels: {a: c}}, spec: {containers: []}}\n",
	    "error a:5:27 Deployment d selects a=b, which its own pods do not have -> its template has a=c\n");
}

static void
a_service_leads_to_a_port_that_is_open(void **)
{
	struct kg_arena *arena = kg_arena_make();
	static const char deployment[] =
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  "
	    "template:\n"
	    "    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: x:1, readinessProbe: {}, ports: [{name: "
	    "http, "
	    "containerPort: 80}]}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n";
	static const char *const cases[][2] = {
		{ "{port: 8080, targetPort: http}", "" },
		{ "{port: 80}", "" },
		{ "{port: 8080, targetPort: htpp}",
		    "error a:15:36 Service web leads to the port `htpp`, which no container of Deployment web opens -> did you "
		    "mean `http`?\n" },
		{ "{port: 8080}",
		    "warning a:15:18 Service web leads to the port `8080`, which no container of Deployment web opens -> "
		    "targetPort "
		    "is a name or number of a container's `ports`\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_told(kg_format(arena, "%s  ports: [%s]\n", deployment, cases[i][0]), cases[i][1]);
	}
	kg_arena_free(arena);
}

static void
an_image_that_is_not_pulled_has_to_be_loaded(void **)
{
	static const char *const cases[][2] = {
		{ "image: 'localhost/web:1', imagePullPolicy: Never", "" },
		{ "image: 'x:1'", "" },
		{ "image: 'x:1', imagePullPolicy: Never",
		    "warning a:1:109 no node loads the image x:1, and with the pull policy Never nothing else will -> add it to "
		    "`image` of a node of "
		    "the kind image-load\n" },
		{ "image: 'localhost/api:1'",
		    "warning a:1:109 no node loads the image localhost/api:1, and it cannot be pulled from anywhere -> add it to "
		    "`image` of a node of "
		    "the kind image-load\n" },
		{ "image: web",
		    "warning a:1:109 the image web is loaded, but would be pulled all the same -> imagePullPolicy: IfNotPresent; "
		    "without "
		    "a tag, or with latest, it is Always\n" },
	};
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = kg_format(arena,
		    "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {restartPolicy: Never, containers: [{name: c, %s}]}}",
		    cases[i][0]);
		assert_told(text, cases[i][1]);
	}
	const char *texts[] = { "{apiVersion: v1, kind: Namespace, metadata: {name: ds}}",
		"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {restartPolicy: Never, containers: [{name: c, image: "
		"'x:1', "
		"imagePullPolicy: Never}]}}",
		NULL };
	assert_string_equal(reviewed(arena, NULL, texts, false),
	    "warning b:1:109 no node loads the image x:1, and its pull policy is Never -> it has to be in the cluster's nodes by "
	    "then\n");
	/* Nobody else can have brought it into a cluster that the graph makes. */
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	struct kg_manifest manifest = { 0 };
	const struct kg_reviewed fresh = {
		.node = "b", .manifest = &manifest, .cluster = "", .namespace_ = "default", .is_fresh = true
	};

	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "b", texts[1], strlen(texts[1]) }, &manifest);
	kg_manifest_review(arena, &fresh, 1, &world, &errors, &warnings);
	assert_non_null(strstr(errors.first->message, "no node loads the image x:1"));
	kg_arena_free(arena);
}

static void
a_node_port_is_of_one_service_and_mapped(void **)
{
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 1, nodePort: 30081}]}}", "");
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 1, nodePort: 30081}]}}\n---\n"
		    "{apiVersion: v1, kind: Service, metadata: {name: api}, spec: {ports: [{port: 1, nodePort: 30081}, {port: 1, "
		    "nodePort: 30081, "
		    "protocol: UDP}]}}",
	    "error a:3:91 the NodePort 30081 is of Service web already -> that is at a:1\n"
	    "error a:3:119 the NodePort 30081 is of the Service ds/web in the cluster already -> give one of them another "
	    "nodePort\n");
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 1, nodePort: 30082}]}}",
	    "error a:1:91 the NodePort 30082 is of the Service other/web in the cluster already -> give one of them another "
	    "nodePort\n");
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 1, nodePort: 30099}]}}",
	    "warning a:1:91 the kind cluster does not map the NodePort 30099 to this machine -> add it to `ports` of the cluster's "
	    "node: "
	    "\"30099:30099\"\n");
	assert_told("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 1, nodePort: 80}]}}",
	    "warning a:1:91 80 is outside the ports that a cluster gives to Services -> these are 30000 to 32767, where an API "
	    "server was not told "
	    "otherwise\n");
}

static void
a_binding_needs_its_role_and_accounts(void **)
{
	static const struct {
		const char *role, *subject, *expected;
	} cases[] = {
		{ "ClusterRole, name: view", "ServiceAccount, name: default, namespace: ds", "" },
		{ "ClusterRole, name: 'system:auth-delegator'", "User, name: me", "" },
		{ "Role, name: reader", "Group, name: all",
		    "error a:1:112 roleRef names Role ds/reader, which neither the graph nor the cluster has\n" },
		{ "ClusterRole, name: view", "ServiceAccount, name: runner, namespace: ds",
		    "error a:1:166 subject names ServiceAccount ds/runner, which neither the graph nor the cluster has\n" },
	};
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = kg_format(arena,
		    "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, roleRef: {kind: %s}, "
		    "subjects: [{kind: %s}]}",
		    cases[i].role, cases[i].subject);
		assert_told(text, cases[i].expected);
	}
	kg_arena_free(arena);
}

static void
a_binding_for_somebody_who_exists_may_name_others(void **)
{
	static const char binding[] =
	    "{apiVersion: v1, kind: ServiceAccount, metadata: {name: runner}}\n---\n"
	    "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, roleRef: {kind: %s}, "
	    "subjects: [{kind: ServiceAccount, name: none}, {kind: %s}]}";
	struct kg_arena *arena = kg_arena_make();

#define NONE(level, column, name) \
	level " a:3:" column " subject names ServiceAccount ds/" name ", which neither the graph nor the cluster has\n"
	assert_told(
	    kg_format(arena, binding, "ClusterRole, name: view", "ServiceAccount, name: runner"), NONE("warning", "166", "none"));
	assert_told(kg_format(arena, binding, "ClusterRole, name: view", "Group, name: all"), NONE("warning", "166", "none"));
	assert_told(kg_format(arena, binding, "ClusterRole, name: view", "ServiceAccount, name: zzz"),
	    NONE("error", "166", "none") NONE("error", "202", "zzz"));
	/* A role has to be there all the same. */
	assert_told(kg_format(arena, binding, "Role, name: zzz", "ServiceAccount, name: runner"),
	    "error a:3:112 roleRef names Role ds/zzz, which neither the graph nor the cluster has\n" NONE(
		"warning", "158", "none"));
	kg_arena_free(arena);
}

static void
kinds_of_kubernetes_are_spelled_as_it_spells_them(void **)
{
	assert_told("apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: d}\n",
	    "error a:2:7 apps/v1 has no kind `Deploymnet` -> did you mean `Deployment`?\n");
	assert_told("apiVersion: v1\nkind: Deployment\nmetadata: {name: d}\n",
	    "error a:2:7 v1 has no kind `Deployment` -> it is of `apiVersion: apps/v1`\n");
	assert_told("apiVersion: v1\nkind: configMap\nmetadata: {name: d}\n",
	    "error a:2:7 v1 has no kind `configMap` -> did you mean `ConfigMap`?\n");
}

static void
kinds_that_a_newer_or_older_server_may_have_are_let_be(void **)
{
	static const char *const kinds[][2] = { { "apps/v2", "Deploymnet" }, { "extensions/v1beta1", "Ingress" },
		{ "batch/v1beta1", "CronJob" }, { "networking.k8s.io/v1", "ClusterNetworkPolicy" }, { "v1", "Mystery" },
		{ "resource.k8s.io/v1beta1", "DeviceTaintRule" }, { "gateway.networking.k8s.io/v1", "Gateways" },
		{ "example.org/v1", "Deploymnet" } };
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		assert_told(
		    kg_format(arena, "{apiVersion: %s, kind: %s, metadata: {name: d, namespace: ds}}", kinds[i][0], kinds[i][1]),
		    "");
	kg_arena_free(arena);
}

static void
a_namespace_has_to_be_there(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *texts[] = { "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: dss\n---\n"
				"{apiVersion: v1, kind: Secret, metadata: {name: t, namespace: dss}}\n---\n"
				"{apiVersion: v1, kind: Secret, metadata: {name: t, namespace: kube-system}}\n",
		"{apiVersion: v1, kind: Namespace, metadata: {name: ds-e2e}}", NULL };

	assert_string_equal(reviewed(arena, &world, texts, false),
	    "error a:5:14 neither the graph nor the cluster has the namespace `dss` -> add the object: {apiVersion: v1, kind: "
	    "Namespace, "
	    "metadata: {name: dss}}\n");
	/* Where nobody can know, another may well have made it, but for a near miss. */
	assert_string_equal(reviewed(arena, NULL, texts, false), "");
	texts[1] = "{apiVersion: v1, kind: Namespace, metadata: {name: ds}}";
	assert_string_equal(reviewed(arena, NULL, texts, false),
	    "warning a:5:14 no node of the graph has the namespace `dss` -> did you mean `ds`?\n");
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_env_names_has_to_be_there),
		cmocka_unit_test(keys_have_to_be_there),
		cmocka_unit_test(what_a_pod_names_has_to_be_there),
		cmocka_unit_test(what_nobody_knows_is_a_warning),
		cmocka_unit_test(nodes_see_each_other),
		cmocka_unit_test(texts_are_texts_and_numbers_numbers),
		cmocka_unit_test(a_slip_in_a_name_is_an_error_where_nobody_else_brings_anything),
		cmocka_unit_test(a_class_that_is_nearly_another_may_be_what_the_cluster_comes_with),
		cmocka_unit_test(a_mount_needs_its_volume),
		cmocka_unit_test(a_container_without_probes_is_told),
		cmocka_unit_test(a_probe_asks_a_port_that_is_open),
		cmocka_unit_test(a_service_selects_pods),
		cmocka_unit_test(a_service_leads_to_a_port_that_is_open),
		cmocka_unit_test(an_image_that_is_not_pulled_has_to_be_loaded),
		cmocka_unit_test(a_node_port_is_of_one_service_and_mapped),
		cmocka_unit_test(a_binding_needs_its_role_and_accounts),
		cmocka_unit_test(a_binding_for_somebody_who_exists_may_name_others),
		cmocka_unit_test(kinds_of_kubernetes_are_spelled_as_it_spells_them),
		cmocka_unit_test(kinds_that_a_newer_or_older_server_may_have_are_let_be),
		cmocka_unit_test(a_namespace_has_to_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
