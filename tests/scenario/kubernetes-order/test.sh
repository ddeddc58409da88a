need_kubernetes
# Order inside of a node is found by itself: a definition and its resource, an account and its role, in one file and the wrong order.
# Going is waited for, and what holds it up is named. kubectl may work on the same objects.

group=$namespace.example
cat >all.yaml <<END
apiVersion: $group/v1
kind: Thing
metadata: { name: thing }
spec: { size: 1 }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: reader, namespace: $namespace }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [$group], resources: [things], verbs: [get] }]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$group }
spec:
  group: $group
  names: { kind: Thing, plural: things }
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer }, colour: { type: string } } } } } }
END
graph <<END
[node.things]
kind = "kubernetes"
files = ["all.yaml"]
gone_timeout = "3s"
namespace = "$namespace"
END
kg up
ended_with 0
same "$(field "things.$group/thing" .spec.size)" 1
kg up
says unchanged

# kubectl's own fields beside ours are kubectl's, and stay.
k label "things.$group/thing" team=audit >/dev/null
k apply --server-side --field-manager=somebody -f - >/dev/null <<END
apiVersion: $group/v1
kind: Thing
metadata: { name: thing }
spec: { colour: red }
END
kg up
says unchanged

# Ours that somebody has changed is ours again; his is a conflict that names him, unless we may force.
k patch "things.$group/thing" --type merge --patch '{"spec":{"size":7}}' >/dev/null
kg plan
says edited
kg up
ended_with 0
same "$(field "things.$group/thing" '.spec.size}{.spec.colour')" 1red
sed -i 's/size: 1 /size: 1, colour: blue /' all.yaml
kg up
ended_with 1
says somebody
says colour
sed -i 's/^kind = .*/&\nforce = true/' kgraph.toml
kg up
ended_with 0
same "$(field "things.$group/thing" '.spec.colour}{.metadata.labels.team')" blueaudit

# A finalizer that nobody takes away: `down` says whose it is, and the next one ends what is left.
k patch "things.$group/thing" --type merge --patch '{"metadata":{"finalizers":["example.com/held"]}}' >/dev/null
kg down
ended_with 1
says example.com/held
k patch "things.$group/thing" --type merge --patch '{"metadata":{"finalizers":null}}' >/dev/null
kg down
ended_with 0
! kubectl get crd "things.$group" >/dev/null 2>&1 || fail "the definition is still there"
