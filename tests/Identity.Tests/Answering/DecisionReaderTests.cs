using cdp;
using Cdp.Contracts;
using Cdp.Identity.Answering;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Identity.Tests.Answering;

public sealed class DecisionReaderTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task ReadAsync_DecisionWhoseMarkerIsStillOnItsWay_WaitsForIt()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        var config = stack.Kafka.Producer();
        config.TransactionalId = "linker";
        using var linker = new ProducerBuilder<Null, byte[]>(config).Build();
        linker.InitTransactions(ServiceStack.Bound);
        linker.BeginTransaction();
        var decision = new IdentityDecision { sequence = 1, kind = "linked", profileId = "p", identifiers = [], merged = [], messageId = "m", request = A.At(0), decidedAt = A.Now, dropped = [], family = [] };
        var sent = await linker.ProduceAsync(
            stack.Kafka.TopicPrefix + Topics.IdentityDecisions.Name, new() { Value = stack.Encode(Topics.IdentityDecisions, decision) }, TestContext.Current.CancellationToken);
        using var reader = new DecisionReader(stack.Kafka, stack.Registry);

        var reading = reader.ReadAsync([sent.Offset.Value], TestContext.Current.CancellationToken);
        // As long as a reader needs that does not wait.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        Assert.False(reading.IsCompleted, reading.Exception?.Message);
        linker.CommitTransaction(ServiceStack.Bound);

        Assert.Equal(["m"], (await reading).Select(read => read.messageId));
    }
}
