using System.Net;
using Xunit;

namespace Cdp.Local.Tests;

public class LocalOptionsTests
{
    [Fact]
    public void Parse_Nothing_HasTheDefaults()
    {
        var (options, errors) = LocalOptions.Parse([]);
        Assert.Empty(errors);
        Assert.Equal((8080, 8090, 8092, 8081, 9092, 6379), (options.IngestionPort, options.ProfilesPort, options.IdentityPort, options.RegistryPort, options.KafkaPort, options.RedisPort));
        Assert.Equal(IPAddress.Loopback, options.Host);
        Assert.Equal(".cdp-data", options.DataDirectory);
    }

    [Fact]
    public void Parse_Everything_IsRead()
    {
        var (options, errors) = LocalOptions.Parse(["--ingestion-port", "1", "--profiles-port=2", "--identity-port=5", "--registry-port", "3", "--kafka-port", "4", "--redis-port", "0", "--host", "10.1.2.3", "--data", "d", "--config=c", "--infra"]);
        Assert.Empty(errors);
        Assert.Equal(new LocalOptions { IngestionPort = 1, ProfilesPort = 2, IdentityPort = 5, RegistryPort = 3, KafkaPort = 4, RedisPort = 0, Host = IPAddress.Parse("10.1.2.3"), DataDirectory = "d", ConfigDirectory = "c", IsInfraOnly = true }, options);
    }

    [Theory]
    [InlineData("unknown option --prot", "--prot", "8080")]
    [InlineData("unknown option demo", "demo")]
    [InlineData("--kafka-port needs a value", "--kafka-port")]
    [InlineData("--kafka-port needs a value", "--kafka-port", "--demo")]
    [InlineData("--kafka-port needs a value", "--kafka-port=")]
    [InlineData("--kafka-port is x; it takes a number from 0 to 65535", "--kafka-port", "x")]
    [InlineData("--kafka-port is 65536; it takes a number from 0 to 65535", "--kafka-port", "65536")]
    [InlineData("--host is here; it takes the IP address of one interface, such as 127.0.0.1", "--host", "here")]
    [InlineData("--host is 0.0.0.0; it takes the IP address of one interface, such as 127.0.0.1", "--host", "0.0.0.0")]
    [InlineData("--infra and --demo exclude each other: the demo needs the services", "--infra", "--demo")]
    public void Parse_Wrong_SaysWhat(string error, params string[] args) => Assert.Contains(error, LocalOptions.Parse(args).Errors);

    [Fact]
    public void Parse_SeveralFaults_TellsAll() => Assert.Equal(2, LocalOptions.Parse(["--a", "--kafka-port=x"]).Errors.Count);

    [Fact]
    public void Usage_EveryOption_IsListed()
    {
        foreach (var option in (string[])["--ingestion-port", "--profiles-port", "--identity-port", "--registry-port", "--kafka-port", "--redis-port", "--host", "--data", "--config", "--infra", "--demo"])
        {
            Assert.Contains($"  {option} ", LocalOptions.Usage, StringComparison.Ordinal);
        }
    }
}
