package pod

// Narrow is what the node's operator honours of what a manifest grants, beyond what the
// container is. The zero Narrow is all of it. See package operator.
type Narrow struct {
	// MaxMemory is for each component, in bytes, 0 for what the container has.
	MaxMemory int64 `json:"maxMemory,omitempty"`
	// OutboundHosts are all that grants of outboundHosts can reach, unless it is empty;
	// NoOutbound says that they reach nothing.
	OutboundHosts []string `json:"outboundHosts,omitempty"`
	NoOutbound    bool     `json:"noOutbound,omitempty"`
	// Ports are ranges that a composition may listen at, all if there are none.
	Ports [][2]uint16 `json:"ports,omitempty"`
	// Kinds of grants that are not honoured at all.
	NoFiles     bool `json:"noFiles,omitempty"`
	NoSockets   bool `json:"noSockets,omitempty"`
	NoKeyValue  bool `json:"noKeyvalue,omitempty"`
	NoTelemetry bool `json:"noTelemetry,omitempty"`
}

// Port tells whether a composition may listen at a port.
func (n *Narrow) Port(port uint16) bool {
	for _, r := range n.Ports {
		if r[0] <= port && port <= r[1] {
			return true
		}
	}
	return len(n.Ports) == 0
}
