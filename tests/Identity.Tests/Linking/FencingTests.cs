using Cdp.Contracts;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Identity.Tests.Linking;

/// <summary>Two active linkers would give two decisions the same sequence. Kafka lets only one of them commit.</summary>
[Trait("tier", "integration")]
public sealed class FencingTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task Linker_AnotherStartsWithTheSameName_EndsAndDecidesNothingTwice()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var first = await stack.ServiceAsync();
        await stack.SendAsync(Given.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);

        await using var second = await stack.ServiceAsync();
        for (var i = 2; i < 10; i++) await stack.SendAsync(Given.Event($"{i}", userId: $"u{i}", anonymousId: $"a{i}"));
        await stack.ReadAsync(identified: 9);
        await Eventually.TrueAsync(
            () => Task.FromResult(first.Services.GetRequiredService<Failure>().ExitCode == 1),
            "the first ends with exit code 1");

        Assert.Equal(Enumerable.Range(1, 9).Select(i => (long)i), (await stack.DecisionsAsync()).Select(decision => decision.sequence));
        Assert.Equal(0, second.Services.GetRequiredService<Failure>().ExitCode);
    }

    [Fact]
    public async Task Linker_ResumedAfterItsPartitionWasReassigned_CommitsNothing()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        // A linker with another name, suspended between its decision and its commit. It does not notice what happens next.
        var config = stack.Kafka.Consumer("identity-linker");
        config.GroupId = stack.Kafka.TopicPrefix + "identity-linker";
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(config).Build();
        consumer.Subscribe(stack.Kafka.TopicPrefix + Topics.IdentityRequests.Name);
        await Eventually.TrueAsync(
            () => Task.FromResult(consumer.Consume(TimeSpan.FromMilliseconds(100)) is not null || consumer.Assignment.Count > 0),
            "it has the partition");
        var generation = consumer.ConsumerGroupMetadata;
        consumer.Close();

        await using var successor = await stack.ServiceAsync();
        await stack.SendAsync(Given.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);

        var producing = stack.Kafka.Producer();
        producing.TransactionalId = "zombie";
        using var zombie = new ProducerBuilder<Null, byte[]>(producing).Build();
        zombie.InitTransactions(ServiceStack.Timeout);
        zombie.BeginTransaction();
        var decision = (await stack.DecisionsAsync())[0];
        zombie.Produce(stack.Kafka.TopicPrefix + Topics.IdentityDecisions.Name, new() { Value = stack.Encode(Topics.IdentityDecisions, decision) });
        var requests = new TopicPartitionOffset(stack.Kafka.TopicPrefix + Topics.IdentityRequests.Name, 0, 1);
        Assert.ThrowsAny<KafkaException>(() => zombie.SendOffsetsToTransaction([requests], generation, ServiceStack.Timeout));
        zombie.AbortTransaction(ServiceStack.Timeout);

        await stack.SendAsync(Given.Event("2", userId: "u2", anonymousId: "a2"));
        await stack.ReadAsync(identified: 2);
        Assert.Equal([1L, 2L], (await stack.DecisionsAsync()).Select(one => one.sequence));
    }
}
