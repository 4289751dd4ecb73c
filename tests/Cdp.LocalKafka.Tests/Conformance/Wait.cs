using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>Waits for what a cluster does in its own time, within a bound.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task Until(Func<Task<bool>> holds, string what, TimeSpan? limit = null)
    {
        for (var deadline = DateTime.UtcNow + (limit ?? Client.Limit); !await holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, $"did not happen: {what}");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Polls the consumers, without which nothing moves in a group, until something holds. End-of-partition events and records are dropped.</summary>
    public static void Until(Func<bool> holds, params IConsumer<string?, string?>[] consumers) => Until(holds, Client.Limit, consumers);

    public static void Until(Func<bool> holds, TimeSpan limit, params IConsumer<string?, string?>[] consumers)
    {
        for (var deadline = DateTime.UtcNow + limit; !holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, "did not happen; assigned: " + string.Join(" | ", consumers.Select(consumer => string.Join(",", consumer.Assignment))));
            foreach (var consumer in consumers) consumer.Consume(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Runs an operation again while it fails for a reason that passes by itself.</summary>
    public static async Task<T> Past<T>(Func<Task<T>> operation, Func<Exception, bool> passing)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; ;)
        {
            try
            {
                return await operation();
            }
            catch (Exception e) when (passing(e) && DateTime.UtcNow < deadline)
            {
                await Task.Delay(Pause, TestContext.Current.CancellationToken);
            }
        }
    }

    public static Task Past(Func<Task> operation, Func<Exception, bool> passing) =>
        Past(async () => { await operation(); return true; }, passing);
}
