using Cdp.Hosting.Configuration;
using Cdp.Local.Settings;
using Cdp.Local.Stack;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Local.Tests.Stack;

[Trait("tier", "integration")]
public sealed class LocalStackTests
{
    [Fact]
    public async Task Start_WithoutConfigFolder_NamesItsPath()
    {
        var missing = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));

        var refused = await Assert.ThrowsAsync<StartException>(
            () => LocalStack.StartAsync(new LocalOptions { ConfigDirectory = missing, DataDirectory = missing }));

        Assert.Contains($"--config {missing} does not exist", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(missing), "nothing must be written before the options are checked");
    }

    [Fact]
    public async Task Start_ErrorInAFileOfTwoServices_IsReportedOnce()
    {
        using var directory = new TemporaryDirectory();
        var options = LocalDirectory.Options(directory);
        var file = Path.Combine(options.ConfigDirectory, "identity.yaml");
        await File.WriteAllTextAsync(file, "region: Austria\n", TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => LocalStack.StartAsync(options));

        Assert.StartsWith($"identity, profiles: {file}:1: ", Assert.Single(refused.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TopicThatWouldLoseState_FailsAndStopsEverything()
    {
        using var directory = new TemporaryDirectory();
        var options = LocalDirectory.Options(directory);
        await using (var infra = await LocalInfra.StartAsync(options, NullLoggerFactory.Instance))
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = infra.Kafka }).Build();
            var configs = new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = "60000" };
            await admin.CreateTopicsAsync([new TopicSpecification { Name = "cdp.profiles", NumPartitions = 12, Configs = configs }]);
        }

        var refused = await Assert.ThrowsAsync<StartException>(() => LocalStack.StartAsync(options));

        Assert.Contains("a service failed to start", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DataInUse_NamesTheDirectoryAndTheOption()
    {
        using var directory = new TemporaryDirectory();
        var options = LocalDirectory.Options(directory) with { IsInfraOnly = true };
        await using var first = await LocalStack.StartAsync(options);

        var refused = await Assert.ThrowsAsync<StartException>(() => LocalStack.StartAsync(options));

        Assert.Contains(options.DataDirectory, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--data DIR", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_Infra_ReportsEachPart()
    {
        using var directory = new TemporaryDirectory();
        var reported = new List<string>();

        await using var stack = await LocalStack.StartAsync(LocalDirectory.Options(directory) with { IsInfraOnly = true }, reported.Add);

        Assert.Equal(["Kafka broker started", "schema registry started", "Redis started"], reported);
    }
}
