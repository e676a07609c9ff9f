// Package config reads the settings of the program: flags over the environment
// over the file .env.
//
// Every setting has one name in three spellings: LOCKSCOPE_NODE_TIMEOUT in the
// environment and in .env, -node-timeout as a flag. All problems are reported
// together, each with the setting, what it was, what it has to be and how to
// mend it. A LOCKSCOPE_* name that is not a setting is a problem too: it is
// mostly a misspelt one.
package config
