/**
 * A shop: client → load balancer → ingress-nginx → Service → pods, with TLS, and the cluster's own DNS. Everything
 * works; tests change a line of it.
 */
export const shop = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      nodeName: worker2
      containers:
        - name: web
          image: web
          ports:
            - name: http
              containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app: web
  ports:
    - name: http
      port: 80
      targetPort: 8080
---
apiVersion: v1
kind: Pod
metadata:
  name: client
  namespace: shop
spec:
  nodeName: worker
  containers:
    - name: curl
      image: curlimages/curl
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
spec:
  ingressClassName: nginx
  tls:
    - hosts:
        - shop.example.com
      secretName: shop-tls
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  name: http
---
apiVersion: v1
kind: Secret
metadata:
  name: shop-tls
  namespace: shop
type: kubernetes.io/tls
data:
  tls.crt: LS0t
  tls.key: LS0t
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: nginx
spec:
  controller: k8s.io/ingress-nginx
---
apiVersion: v1
kind: Pod
metadata:
  name: ingress-nginx-controller
  namespace: ingress-nginx
  labels:
    app.kubernetes.io/name: ingress-nginx
spec:
  nodeName: worker
  containers:
    - name: controller
      image: registry.k8s.io/ingress-nginx/controller:v1.11.2
      ports:
        - containerPort: 80
        - containerPort: 443
---
apiVersion: v1
kind: Service
metadata:
  name: ingress-nginx-controller
  namespace: ingress-nginx
spec:
  type: LoadBalancer
  selector:
    app.kubernetes.io/name: ingress-nginx
  ports:
    - name: http
      port: 80
    - name: https
      port: 443
status:
  loadBalancer:
    ingress:
      - ip: 192.0.2.80
---
apiVersion: v1
kind: Pod
metadata:
  name: coredns-0
  namespace: kube-system
  labels:
    k8s-app: kube-dns
spec:
  nodeName: worker2
  dnsPolicy: Default
  containers:
    - name: coredns
      image: registry.k8s.io/coredns/coredns:v1.11.3
      ports:
        - name: dns
          containerPort: 53
          protocol: UDP
        - name: dns-tcp
          containerPort: 53
          protocol: TCP
status:
  phase: Running
  podIP: 10.244.2.53
  conditions:
    - type: Ready
      status: "True"
---
apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
  labels:
    k8s-app: kube-dns
spec:
  clusterIP: 10.96.0.10
  selector:
    k8s-app: kube-dns
  ports:
    - name: dns
      port: 53
      protocol: UDP
    - name: dns-tcp
      port: 53
      protocol: TCP
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
  namespace: kube-system
data:
  Corefile: |
    .:53 {
        errors
        kubernetes cluster.local in-addr.arpa ip6.arpa {
           pods insecure
           fallthrough in-addr.arpa ip6.arpa
        }
        forward . /etc/resolv.conf
        loop
    }
---
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
metadata:
  name: around
spec:
  nodes:
    worker: {}
    worker2: {}
  certificates:
    - secret: shop/shop-tls
      dnsNames: [shop.example.com]
`
