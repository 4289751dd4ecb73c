using Cdp.LocalKafka.Tests.Conformance;

namespace Cdp.LocalKafka.Tests;

/// <summary>Waits for what other threads bring about.</summary>
internal static class Wait
{
    /// <summary>Returns when the condition holds; until then does <paramref name="meanwhile"/> again and again. Fails after <see cref="Client.Limit"/>.</summary>
    public static async Task Until(Func<bool> holds, Func<Task> meanwhile)
    {
        var limit = DateTime.UtcNow + Client.Limit;
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < limit, $"not within {Client.Limit}");
            await meanwhile();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    public static Task Until(Func<bool> holds, Action? meanwhile = null) => Until(holds, () =>
    {
        meanwhile?.Invoke();
        return Task.CompletedTask;
    });
}
