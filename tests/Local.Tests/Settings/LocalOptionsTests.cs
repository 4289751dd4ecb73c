using System.Net;
using Cdp.Local.Settings;
using Xunit;

namespace Cdp.Local.Tests.Settings;

public class LocalOptionsTests
{
    [Fact]
    public void Parse_Nothing_HasTheDefaults()
    {
        var (options, errors) = LocalOptions.Parse([]);
        Assert.Empty(errors);
        Assert.Equal(
            (8080, 8090, 8092, 8093, 8099),
            (options.IngestionPort, options.ProfilesPort, options.IdentityPort, options.FanoutPort, options.ManagementPort));
        Assert.Equal((8081, 9092, 6379), (options.RegistryPort, options.KafkaPort, options.RedisPort));
        Assert.Equal(IPAddress.Loopback, options.Host);
        Assert.Equal(".cdp-data", options.DataDirectory);
    }

    [Fact]
    public void Parse_EveryOption_IsRead()
    {
        var (options, errors) = LocalOptions.Parse(
        [
            "--ingestion-port", "1", "--profiles-port=2", "--identity-port=5", "--fanout-port=8",
            "--management-port=6", "--registry-port", "3", "--kafka-port", "4",
            "--redis-port", "0", "--host", "10.1.2.3", "--data", "d", "--config=c", "--infra",
        ]);
        var expected = new LocalOptions
        {
            IngestionPort = 1,
            ProfilesPort = 2,
            IdentityPort = 5,
            FanoutPort = 8,
            ManagementPort = 6,
            RegistryPort = 3,
            KafkaPort = 4,
            RedisPort = 0,
            Host = IPAddress.Parse("10.1.2.3"),
            DataDirectory = "d",
            ConfigDirectory = "c",
            IsInfraOnly = true,
        };
        Assert.Empty(errors);
        Assert.Equal(expected, options);
    }

    [Theory]
    [InlineData("unknown option --prot", "--prot", "8080")]
    [InlineData("unknown option demo", "demo")]
    [InlineData("--kafka-port needs a value", "--kafka-port")]
    [InlineData("--kafka-port needs a value", "--kafka-port", "--demo")]
    [InlineData("--kafka-port needs a value", "--kafka-port=")]
    [InlineData("--kafka-port is x; it must be a number from 0 to 65535", "--kafka-port", "x")]
    [InlineData("--kafka-port is 65536; it must be a number from 0 to 65535", "--kafka-port", "65536")]
    [InlineData("--host is here; it must be the IP address of one interface, such as 127.0.0.1", "--host", "here")]
    [InlineData("--host is 0.0.0.0; it must be the IP address of one interface, such as 127.0.0.1", "--host", "0.0.0.0")]
    [InlineData("--infra and --demo cannot be combined: the demo needs the services", "--infra", "--demo")]
    public void Parse_InvalidOption_ReportsIt(string error, params string[] args) => Assert.Contains(error, LocalOptions.Parse(args).Errors);

    [Fact]
    public void Parse_SeveralErrors_ReportsAll() => Assert.Equal(2, LocalOptions.Parse(["--a", "--kafka-port=x"]).Errors.Count);

    [Fact]
    public void Usage_Always_ListsEveryOption()
    {
        string[] ports =
        [
            "--ingestion-port", "--profiles-port", "--identity-port", "--fanout-port", "--management-port", "--registry-port", "--kafka-port",
            "--redis-port",
        ];
        foreach (var option in (string[])[.. ports, "--host", "--data", "--config", "--infra", "--demo"])
        {
            Assert.Contains($"  {option} ", LocalOptions.Usage, StringComparison.Ordinal);
        }
    }
}
