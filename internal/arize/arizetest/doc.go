// Package arizetest is a simulated Arize.
package arizetest
