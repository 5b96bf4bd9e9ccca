"""The real servers of the lab: Samba with its endpoint mapper, nginx, and the small ones of servers.py."""
import os
import socket
import subprocess
import sys
import time

from net import LabError, command, entering, inside

HERE = os.path.dirname(os.path.abspath(__file__))
USER, PASSWORD = 'root', 'Lab-secret-1'
DCERPCD = '/usr/libexec/samba/samba-dcerpcd'

# Samba tells its machine's name: one that does not depend on where the lab runs.
NAMED = 'echo client.lab.example >/proc/sys/kernel/hostname; exec "$@"'

SMB_CONF = '''[global]
workgroup = LAB
server role = standalone server
netbios name = CLIENT
disable netbios = yes
smb ports = 445
rpc start on demand helpers = no
load printers = no
printing = bsd
disable spoolss = yes
log file = {folder}/samba.log
lock directory = {folder}/lock
state directory = {folder}/state
cache directory = {folder}/cache
private dir = {folder}/private
pid directory = {folder}/pid
ncalrpc dir = {folder}/ncalrpc
passdb backend = tdbsam:{folder}/private/passdb.tdb
[ADMIN$]
path = {folder}/share
read only = no
'''

NGINX_CONF = '''daemon off;
user root;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  ssl_certificate {folder}/certificate.pem;
  ssl_certificate_key {folder}/key.pem;
  server {{
    listen 80; listen 8530; listen [::]:80; listen [::]:8530;
    listen 443 ssl; listen 8531 ssl; listen [::]:443 ssl; listen [::]:8531 ssl;
    location / {{ return 200 "the lab's web server\\n"; }}
  }}
}}
'''


class Services:
    """Starts them all once; stop() ends them."""

    def __init__(self, folder):
        self.folder, self.running = folder, []

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text.format(folder=self.folder))
        return path

    def run(self, space, *words, wait_for=None):
        log = open(os.path.join(self.folder, f'{space}-{os.path.basename(words[0])}.log'), 'ab')
        process = subprocess.Popen([*entering(space), *words], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE if wait_for else log, stderr=log,
                                   start_new_session=True)  # Samba's servers end their whole group
        log.close()
        self.running.append(process)
        if wait_for and wait_for not in process.stdout.readline().decode():
            raise LabError(f'{words[0]} did not start in {space}')
        return process

    def start(self):
        self.certificate()
        self.samba('ww-client')
        self.run('ww-site', 'nginx', '-c', self.write('nginx.conf', NGINX_CONF), '-p', self.folder)
        self.small('ww-site', '10123:talk')
        self.small('ww-client', '2701:talk', '3389:rdp', '8081:talk', '5985:talk')
        self.small('ww-peer', '25536:udp', '9:udp')
        self.small('ww-client', '25536:udp', '9:udp', '4011:udp')
        for space, ports in {'ww-client': [445, 135, 49152, 2701, 3389], 'ww-site': [80, 443, 8530, 8531, 10123]}.items():
            for port in ports:
                self.wait(space, port)

    def certificate(self):
        """A small one: the server's whole answer to a TLS greeting must fit where large packets are lost."""
        command('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days',
                '2', '-subj', '/CN=lab', '-keyout', f'{self.folder}/key.pem', '-out', f'{self.folder}/certificate.pem')

    def small(self, space, *ports):
        self.run(space, sys.executable, os.path.join(HERE, 'servers.py'), f'{self.folder}/certificate.pem',
                 f'{self.folder}/key.pem', *ports, wait_for='ready')

    def samba(self, space):
        for name in ('lock', 'state', 'cache', 'private', 'pid', 'ncalrpc', 'share'):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        conf = self.write('smb.conf', SMB_CONF)
        command('smbpasswd', '-c', conf, '-s', '-a', USER, stdin=f'{PASSWORD}\n{PASSWORD}\n', space=space)
        for server in (['smbd'], [DCERPCD, '--libexec-rpcds']):
            self.run(space, 'unshare', '--uts', 'sh', '-c', NAMED, 'sh', *server, '--foreground', '--no-process-group', '-s', conf)

    def wait(self, space, port):
        """Until the port answers on loopback, at most 20 s."""
        for _ in range(100):
            if inside(space, lambda: answers(port)):
                return
            time.sleep(0.2)
        raise LabError(f'{space}: nothing listens on {port}')

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(port):
    try:
        with socket.create_connection(('127.0.0.1', port), 1):
            return True
    except OSError:
        return False
