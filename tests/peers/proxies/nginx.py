"""nginx: grpc_pass with persistent connections to the upstream, with or without TLS."""

from harness import Proxy, first_version, proxy_program


class Nginx(Proxy):
    name = "nginx"

    @staticmethod
    def version():
        return first_version(proxy_program("nginx"), "-v")

    def command(self, config):
        return [proxy_program("nginx"), "-c", config, "-e", "stderr"]

    def tls_lines(self):
        if not self.tls:
            return ""
        files = self.tls.folder
        lines = [f"grpc_ssl_protocols TLSv{self.tls.version}", "grpc_ssl_verify on", "grpc_ssl_name localhost"]
        lines += [f"grpc_ssl_trusted_certificate {files}/ca.pem"]
        if self.tls.mutual:
            lines += [f"grpc_ssl_certificate {files}/device.pem", f"grpc_ssl_certificate_key {files}/device.key"]
        return "".join(f"      {line};\n" for line in lines)

    def config(self, folder):
        temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
{temporary}
  upstream server {{
    server {self.upstream};
    keepalive 16;
    keepalive_requests 1000000;
  }}
  server {{
    listen {self.target} http2;
    keepalive_requests 1000000;
    client_max_body_size 0;
    large_client_header_buffers 8 32k;
    location / {{
      grpc_pass {'grpcs' if self.tls else 'grpc'}://server;
{self.tls_lines()}      grpc_read_timeout 120s;
    }}
  }}
}}
"""
