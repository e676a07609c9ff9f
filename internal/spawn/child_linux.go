package spawn

import "syscall"

// childAttr ties the child's life to the parent's and keeps terminal signals
// away from it: the parent stops it in order.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
