using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>Waits for other threads or a cluster to do something, for at most <see cref="Client.Limit"/> unless another limit is given.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns when a condition inside this process holds; until then it runs <paramref name="meanwhile"/> again and again.</summary>
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

    /// <summary>Asks a cluster until the answer is the expected one.</summary>
    public static async Task Until(Func<Task<bool>> holds, string what, TimeSpan? limit = null)
    {
        for (var deadline = DateTime.UtcNow + (limit ?? Client.Limit); !await holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, $"did not happen: {what}");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Polls the consumers, which a group needs to make progress, until a condition holds. End-of-partition events and records are dropped.</summary>
    public static void Polling(Func<bool> holds, params IConsumer<string?, string?>[] consumers)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; !holds();)
        {
            Assert.True(
                DateTime.UtcNow < deadline,
                "did not happen; assigned: " + string.Join(" | ", consumers.Select(consumer => string.Join(",", consumer.Assignment))));
            foreach (var consumer in consumers) consumer.Consume(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Repeats an operation while it fails for a temporary reason.</summary>
    public static async Task RetryWhile(Func<Task> operation, Func<Exception, bool> passing)
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
