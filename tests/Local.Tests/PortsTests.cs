using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Cdp.Local.Tests;

public class PortsTests
{
    [Fact]
    public void Check_Taken_NamesPortUseAndOption()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var error = Assert.Throws<StartException>(() => Ports.Check(IPAddress.Loopback, port, "Kafka", "--kafka-port"));
        Assert.Equal($"port {port} (Kafka) is taken; choose another with --kafka-port PORT, or --kafka-port 0 for any free one", error.Message);
    }

    [Fact]
    public void Check_ZeroOrFree_Passes()
    {
        Ports.Check(IPAddress.Loopback, 0, "Kafka", "--kafka-port");
        Ports.Check(IPAddress.Loopback, Ports.Free(IPAddress.Loopback), "Kafka", "--kafka-port");
    }
}
