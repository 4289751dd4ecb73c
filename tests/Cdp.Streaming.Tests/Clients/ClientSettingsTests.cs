using Cdp.Streaming.Clients;
using Xunit;

namespace Cdp.Streaming.Tests.Clients;

/// <summary>Client settings of an operator override the defaults, or are rejected with the reason.</summary>
public sealed class ClientSettingsTests
{
    [Theory]
    [InlineData("session.timeout.ms", "45000"), InlineData("heartbeat.interval.ms", "3000"), InlineData("fetch.wait.max.ms", "7")]
    [InlineData("queued.max.messages.kbytes", "99")]
    [InlineData("fetch.max.bytes", "2000000"), InlineData("max.partition.fetch.bytes", "5"), InlineData("fetch.queue.backoff.ms", "9")]
    [InlineData("reconnect.backoff.max.ms", "2000"), InlineData("client.id", "named")]
    [InlineData("metadata.recovery.strategy", "rebootstrap"), InlineData("client.rack", "a")]
    public void Consumer_OperatorsSetting_Wins(string name, string value)
    {
        var kafka = With(name, value);
        Assert.Equal(value, kafka.Consumer("g").Get(name));
        Assert.Empty(kafka.Errors());
    }

    [Theory]
    [InlineData("linger.ms", "3", "linger.ms"), InlineData("queue.buffering.max.ms", "3", "linger.ms")]
    [InlineData("compression.type", "zstd", "compression.type"), InlineData("compression.codec", "zstd", "compression.type")]
    [InlineData("message.timeout.ms", "1234", "message.timeout.ms"), InlineData("delivery.timeout.ms", "1234", "message.timeout.ms")]
    [InlineData("client.id", "named", "client.id")]
    public void Producer_OperatorsSetting_WinsOverTheServicesDefaultUnderEitherName(string name, string value, string effective)
    {
        var config = With(name, value).Producer(producer => (producer.LingerMs, producer.MessageTimeoutMs) = (0, 10_000));
        Assert.Equal(value, config.Get(effective));
        Assert.Single(config, setting => setting.Value == value);
    }

    [Fact]
    public void Admin_OperatorsSetting_Wins() => Assert.Equal("77", With("reconnect.backoff.max.ms", "77").Admin().Get("reconnect.backoff.max.ms"));

    [Theory]
    [InlineData("enable.auto.commit", "true"), InlineData("enable.auto.offset.store", "true"), InlineData("isolation.level", "read_uncommitted")]
    [InlineData("acks", "1"), InlineData("request.required.acks", "1")]
    [InlineData("enable.idempotence", "false"), InlineData("transactional.id", "x"), InlineData("group.id", "x"), InlineData("bootstrap.servers", "x:1")]
    [InlineData("metadata.broker.list", "x:1"), InlineData("partitioner", "random")]
    [InlineData("partition.assignment.strategy", "roundrobin"), InlineData("auto.offset.reset", "latest"), InlineData("enable.partition.eof", "false")]
    [InlineData("message.max.bytes", "1000"), InlineData("group.protocol", "consumer")]
    public void Errors_SettingThatAGuaranteeDependsOn_IsRejectedWithReason(string name, string value) =>
        Assert.StartsWith($"Kafka:Client:{name} cannot be set: ", Assert.Single(With(name, value).Errors()), StringComparison.Ordinal);

    [Fact]
    public void Errors_SeveralSettings_AreAllNamed()
    {
        var kafka = new KafkaOptions { Client = new Dictionary<string, string> { ["acks"] = "0", ["linger.ms"] = "1", ["isolation.level"] = "x" } };
        Assert.Equal(2, kafka.Errors().Count());
    }

    [Theory]
    [InlineData("session.timeout", "1"), InlineData("session.timeout.ms", "soon"), InlineData("security.protocol", "telepathy")]
    public void Errors_SettingUnknownToTheClient_IsRejectedWithName(string name, string value)
    {
        var error = Assert.Single(With(name, value).Errors());
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.StartsWith("Kafka:Client is not accepted by the Kafka client: ", error, StringComparison.Ordinal);
    }

    private static KafkaOptions With(string name, string value) => new() { Client = new Dictionary<string, string> { [name] = value } };
}
