// Controllers that speak OpenFlow.
