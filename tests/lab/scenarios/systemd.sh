# The agent as systemd runs it, by the unit that is installed.
# shellcheck shell=bash disable=SC2034,SC2154
init=systemd
devices=2

steps() {
  sleep 1
}
