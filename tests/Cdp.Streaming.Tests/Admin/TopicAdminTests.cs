using Cdp.Contracts;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;
using ErrorCode = Cdp.LocalKafka.Protocol.ErrorCode;
using Topic = Cdp.Contracts.Topic;

namespace Cdp.Streaming.Tests.Admin;

/// <summary>New topics, which a cluster knows only after a moment, and existing topics with settings other than those in the topic table.</summary>
[Trait("tier", "integration")]
public sealed class TopicAdminTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cdp-topics-");
    private LocalKafkaBroker _broker = null!;
    private KafkaOptions _kafka = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _directory.FullName }, cancel: TestContext.Current.CancellationToken);
        _kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, TopicPrefix = "t.", Partitions = 2 };
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task EnsureAsync_AllTopicsTwice_CreatesThemWithoutWarnings()
    {
        Assert.Empty(await TopicAdmin.EnsureAsync(_kafka, Topics.All));
        Assert.Empty(await TopicAdmin.EnsureAsync(_kafka, Topics.All));
        using var admin = Admin();
        Assert.All(Topics.All, topic => Assert.Contains(admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics, found => found.Topic == "t." + topic.Name));
    }

    [Theory]
    [InlineData(ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ErrorCode.LeaderNotAvailable)]
    public async Task EnsureAsync_NewTopicUnknownForAMoment_Waits(ErrorCode error)
    {
        using var fault = _broker.Faults.Add(new Fault { Api = ApiKey.Metadata, Topic = "t.profiles", Error = error, Times = 6 });
        await TopicAdmin.EnsureAsync(_kafka, [Topics.Profiles, Topics.Dead]);
        Assert.Equal(6, fault.Hits);
    }

    [Fact]
    public async Task EnsureAsync_ExistingTopicsThatLoseState_ThrowsWithEveryCommand()
    {
        await CreateAsync(Topics.Profiles, ("cleanup.policy", "delete"), ("retention.ms", "60000"));
        await CreateAsync(Topics.IdentityDecisions, ("cleanup.policy", "delete"), ("retention.ms", "604800000"));
        var e = await Assert.ThrowsAsync<TopicSettingsException>(() => TopicAdmin.EnsureAsync(_kafka, Topics.All));
        var command = $"kafka-configs.sh --bootstrap-server {_kafka.BootstrapServers} --alter "
            + "--entity-type topics --entity-name t.profiles --add-config cleanup.policy=compact";
        Assert.Contains(command, e.Message, StringComparison.Ordinal);
        Assert.Contains("--entity-name t.identity.decisions --add-config retention.ms=-1", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, e.Message.Split(Environment.NewLine).Length);

        await AlterAsync("t.profiles", "cleanup.policy", "compact");
        await AlterAsync("t.identity.decisions", "retention.ms", "-1");
        Assert.Empty(await TopicAdmin.EnsureAsync(_kafka, Topics.All));
    }

    [Fact]
    public async Task EnsureAsync_ExistingTopicWithShorterRetention_WarnsWithCommand()
    {
        await CreateAsync(Topics.EventsCollected, ("cleanup.policy", "delete"), ("retention.ms", "3600000"));
        var warning = Assert.Single(await TopicAdmin.EnsureAsync(_kafka, [Topics.EventsCollected, Topics.Profiles]));
        Assert.Contains("t.events.collected has retention.ms=3600000", warning, StringComparison.Ordinal);
        Assert.Contains("--add-config retention.ms=604800000", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnsureAsync_OtherNumberOfPartitions_NamesEveryTopic()
    {
        await TopicAdmin.EnsureAsync(_kafka, [Topics.Profiles, Topics.Dead]);
        var e = await Assert.ThrowsAsync<TopicSettingsException>(() => TopicAdmin.EnsureAsync(_kafka with { Partitions = 3 }, [Topics.Profiles, Topics.Dead]));
        Assert.Contains("t.profiles has 2 partitions", e.Message, StringComparison.Ordinal);
        Assert.Contains("t.dead has 2 partitions", e.Message, StringComparison.Ordinal);
    }

    private IAdminClient Admin() => _kafka.BuildAdmin();

    private async Task CreateAsync(Topic topic, params (string Name, string Value)[] configs)
    {
        using var admin = Admin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = _kafka.NameOf(topic),
            NumPartitions = topic.SinglePartition ? 1 : 2,
            Configs = configs.Append(("max.message.bytes", $"{SizeLimits.Topic}")).ToDictionary(config => config.Item1, config => config.Item2),
        }]);
    }

    private async Task AlterAsync(string topic, string name, string value)
    {
        using var admin = Admin();
        await admin.IncrementalAlterConfigsAsync(new()
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] =
                [new ConfigEntry { Name = name, Value = value, IncrementalOperation = AlterConfigOpType.Set }],
        });
    }
}
