using cdp;
using Cdp.Contracts;
using Cdp.Identity.Api;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
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
        using var linker = Linker(stack);
        linker.BeginTransaction();
        var offset = await WriteDecisionAsync(stack, linker);
        using var reader = new DecisionReader(stack.Kafka, stack.Registry);

        var reading = reader.ReadAsync([offset], TestContext.Current.CancellationToken);
        // Long enough for a reader that does not wait for the commit.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        Assert.False(reading.IsCompleted, reading.Exception?.Message);
        linker.CommitTransaction(ServiceStack.Timeout);

        Assert.Equal(["m"], (await reading).Select(read => read.messageId));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 700)]
    public async Task ReadAsync_OffsetWithoutADecision_SaysThatRedisAndTopicDoNotBelongTogether(int later, long afterFirst)
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        using var linker = Linker(stack);
        var offsets = new List<long>();
        for (var i = 0; i <= later; i++)
        {
            linker.BeginTransaction();
            offsets.Add(await WriteDecisionAsync(stack, linker));
            // The commit marker occupies an offset, at which there is no decision.
            linker.CommitTransaction(ServiceStack.Timeout);
        }
        using var reader = new DecisionReader(stack.Kafka, stack.Registry);

        var e = await Assert.ThrowsAsync<ForeignStateException>(
            () => reader.ReadAsync([offsets[0], offsets[0] + afterFirst], TestContext.Current.CancellationToken));

        Assert.Contains($"at offset {offsets[0] + afterFirst} of ", e.Message, StringComparison.Ordinal);
        // The reader recovers.
        Assert.Single(await reader.ReadAsync([offsets[0]], TestContext.Current.CancellationToken));
    }

    private static IProducer<Null, byte[]> Linker(ServiceStack stack)
    {
        var config = stack.Kafka.Producer();
        config.TransactionalId = "linker";
        var linker = new ProducerBuilder<Null, byte[]>(config).Build();
        linker.InitTransactions(ServiceStack.Timeout);
        return linker;
    }

    private static async Task<long> WriteDecisionAsync(ServiceStack stack, IProducer<Null, byte[]> linker)
    {
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
        return (await linker.ProduceAsync(stack.Kafka.NameOf(Topics.IdentityDecisions), message, TestContext.Current.CancellationToken)).Offset.Value;
    }
}
