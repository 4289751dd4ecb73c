using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Streaming;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>Two linkers at once would number two decisions the same. Kafka lets one commit; these show that it is so.</summary>
public sealed class FencingTests(RedisServers servers) : IClassFixture<RedisServers>
{
    [Fact]
    public async Task Linker_AnotherStartsUnderTheSameName_TheFirstEndsAndNothingIsDecidedTwice()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        await using var first = await stack.ServiceAsync();
        await stack.SendAsync(A.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);

        await using var second = await stack.ServiceAsync();
        for (var i = 2; i < 10; i++) await stack.SendAsync(A.Event($"{i}", userId: $"u{i}", anonymousId: $"a{i}"));
        await stack.ReadAsync(identified: 9);
        await ServiceStack.EventuallyAsync(() => Task.FromResult(first.Services.GetRequiredService<Failure>().ExitCode == 1), "the first ends with exit code 1");

        Assert.Equal(Enumerable.Range(1, 9).Select(i => (long)i), (await stack.DecisionsAsync()).Select(decision => decision.sequence));
        Assert.Equal(0, second.Services.GetRequiredService<Failure>().ExitCode);
    }

    [Fact]
    public async Task Linker_LetGoOnAfterItsPartitionWentToAnother_CommitsNothing()
    {
        await using var stack = await ServiceStack.StartAsync(await servers.ConnectAsync("garnet"));
        // A linker of another name that was stopped between its decision and its commit: it knows nothing of what comes after.
        await TopicAdmin.EnsureAsync(stack.Kafka, Topics.All);
        var config = stack.Kafka.Consumer("identity-linker");
        config.GroupId = stack.Kafka.TopicPrefix + "identity-linker";
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(config).Build();
        consumer.Subscribe(stack.Kafka.TopicPrefix + Topics.IdentityRequests.Name);
        await ServiceStack.EventuallyAsync(() => Task.FromResult(consumer.Consume(TimeSpan.FromMilliseconds(100)) is not null || consumer.Assignment.Count > 0), "it has the partition");
        var generation = consumer.ConsumerGroupMetadata;
        consumer.Close();

        await using var successor = await stack.ServiceAsync();
        await stack.SendAsync(A.Event("1", userId: "u", anonymousId: "a"));
        await stack.ReadAsync(identified: 1);

        var producing = stack.Kafka.Producer();
        producing.TransactionalId = "zombie";
        using var zombie = new ProducerBuilder<Null, byte[]>(producing).Build();
        zombie.InitTransactions(ServiceStack.Bound);
        zombie.BeginTransaction();
        var decision = (await stack.DecisionsAsync())[0];
        zombie.Produce(stack.Kafka.TopicPrefix + Topics.IdentityDecisions.Name, new() { Value = stack.Encode(Topics.IdentityDecisions, decision) });
        var requests = new TopicPartitionOffset(stack.Kafka.TopicPrefix + Topics.IdentityRequests.Name, 0, 1);
        Assert.ThrowsAny<KafkaException>(() => zombie.SendOffsetsToTransaction([requests], generation, ServiceStack.Bound));
        zombie.AbortTransaction(ServiceStack.Bound);

        await stack.SendAsync(A.Event("2", userId: "u2", anonymousId: "a2"));
        await stack.ReadAsync(identified: 2);
        Assert.Equal([1L, 2L], (await stack.DecisionsAsync()).Select(one => one.sequence));
    }
}
