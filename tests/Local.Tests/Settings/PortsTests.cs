using System.Net;
using System.Net.Sockets;
using Cdp.Local.Settings;
using Xunit;

namespace Cdp.Local.Tests.Settings;

public sealed class PortsTests
{
    [Fact]
    public void Check_SeveralTaken_NamesEachPortItsUseAndItsOption()
    {
        using var first = Listen();
        using var second = Listen();
        var options = new LocalOptions { IsInfraOnly = true, RegistryPort = 0, KafkaPort = PortOf(first), RedisPort = PortOf(second) };

        var lines = Assert.Throws<StartException>(() => Ports.Check(options)).Message.Split(Environment.NewLine);

        Assert.Contains($"port {options.KafkaPort} (Kafka) is taken; choose another with --kafka-port PORT", lines);
        Assert.Contains($"port {options.RedisPort} (Redis) is taken; choose another with --redis-port PORT", lines);
        Assert.Contains("--data DIR", lines[^1], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
    }

    [Theory]
    [InlineData("ingestion", "--ingestion-port")]
    [InlineData("profile API", "--profiles-port")]
    [InlineData("identity API", "--identity-port")]
    [InlineData("fan-out API", "--fanout-port")]
    [InlineData("management", "--management-port")]
    [InlineData("schema registry", "--registry-port")]
    [InlineData("Kafka", "--kafka-port")]
    [InlineData("Redis", "--redis-port")]
    public void Check_OneTaken_NamesItsUseAndItsOption(string use, string option)
    {
        using var taken = Listen();
        string[] ports =
        [
            "--ingestion-port=0", "--profiles-port=0", "--identity-port=0", "--fanout-port=0", "--management-port=0", "--registry-port=0",
            "--kafka-port=0", "--redis-port=0",
        ];
        var (options, _) = LocalOptions.Parse([.. ports, $"{option}={PortOf(taken)}"]);

        var message = Assert.Throws<StartException>(() => Ports.Check(options)).Message;

        Assert.StartsWith($"port {PortOf(taken)} ({use}) is taken; choose another with {option} PORT", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ZeroOrFree_Passes() => Ports.Check(new LocalOptions { IsInfraOnly = true, RegistryPort = 0, KafkaPort = FreePort.Find(), RedisPort = 0 });

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
