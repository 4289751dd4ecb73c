using Cdp.LocalKafka.Tests.Conformance;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests;

/// <summary>Waits for what others bring about, other threads or a cluster, within a bound: <see cref="Client.Limit"/> if none is given.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns when the condition of this process holds; until then does <paramref name="meanwhile"/> again and again.</summary>
    public static async Task Until(Func<bool> holds, Func<Task> meanwhile)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; !holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, $"not within {Client.Limit}");
            await meanwhile();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    public static Task Until(Func<bool> holds, Action? meanwhile = null) => Until(holds, () =>
    {
        meanwhile?.Invoke();
        return Task.CompletedTask;
    });

    /// <summary>Asks a cluster until the answer is as wanted.</summary>
    public static async Task Until(Func<Task<bool>> holds, string what, TimeSpan? limit = null)
    {
        for (var deadline = DateTime.UtcNow + (limit ?? Client.Limit); !await holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, $"did not happen: {what}");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Polls the consumers, without which nothing moves in a group, until something holds. End-of-partition events and records are dropped.</summary>
    public static void Polling(Func<bool> holds, params IConsumer<string?, string?>[] consumers)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; !holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, "did not happen; assigned: " + string.Join(" | ", consumers.Select(consumer => string.Join(",", consumer.Assignment))));
            foreach (var consumer in consumers) consumer.Consume(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Runs an operation again while it fails for a reason that passes by itself.</summary>
    public static async Task Past(Func<Task> operation, Func<Exception, bool> passing)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; ;)
        {
            try
            {
                await operation();
                return;
            }
            catch (Exception e) when (passing(e) && DateTime.UtcNow < deadline)
            {
                await Task.Delay(Pause, TestContext.Current.CancellationToken);
            }
        }
    }
}
