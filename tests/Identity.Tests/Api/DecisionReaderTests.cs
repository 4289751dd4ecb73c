using cdp;
using Cdp.Contracts;
using Cdp.Identity.Api;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Identity.Tests.Api;

[Trait("tier", "integration")]
public sealed class DecisionReaderTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task ReadAsync_DecisionOfAnOpenTransaction_WaitsForItsCommit()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        var config = stack.Kafka.Producer();
        config.TransactionalId = "linker";
        using var linker = new ProducerBuilder<Null, byte[]>(config).Build();
        linker.InitTransactions(ServiceStack.Timeout);
        linker.BeginTransaction();
        var decision = new IdentityDecision
        {
            sequence = 1,
            kind = "linked",
            profileId = "p",
            identifiers = [],
            merged = [],
            messageId = "m",
            request = Given.At(0),
            decidedAt = Given.Now,
            dropped = [],
            family = [],
        };
        var message = new Message<Null, byte[]> { Value = stack.Encode(Topics.IdentityDecisions, decision) };
        var sent = await linker.ProduceAsync(stack.Kafka.TopicPrefix + Topics.IdentityDecisions.Name, message, TestContext.Current.CancellationToken);
        using var reader = new DecisionReader(stack.Kafka, stack.Registry);

        var reading = reader.ReadAsync([sent.Offset.Value], TestContext.Current.CancellationToken);
        // Long enough for a reader that does not wait.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        Assert.False(reading.IsCompleted, reading.Exception?.Message);
        linker.CommitTransaction(ServiceStack.Timeout);

        Assert.Equal(["m"], (await reading).Select(read => read.messageId));
    }
}
