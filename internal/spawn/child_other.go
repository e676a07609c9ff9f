//go:build !linux

package spawn

import "syscall"

// childAttr cannot tie the child's life to the parent's here: a killed parent
// leaves its servers running.
func childAttr() *syscall.SysProcAttr { return nil }
