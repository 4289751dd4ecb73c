using Cdp.Streaming.Clients;
using Xunit;

namespace Cdp.Streaming.Tests.Clients;

public sealed class ClientCallsTests
{
    [Fact]
    public async Task Close_CallInProgress_ReturnsAfterIt()
    {
        var calls = new ClientCalls();
        using var begun = new ManualResetEventSlim();
        using var end = new ManualResetEventSlim();
        var call = Task.Run(() => calls.Make(() =>
        {
            begun.Set();
            end.Wait(TestContext.Current.CancellationToken);
            return 1;
        }));
        begun.Wait(TestContext.Current.CancellationToken);

        var close = Task.Run(calls.Close, TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => IsClosed(calls));
        Assert.False(close.IsCompleted);
        end.Set();

        await close.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(1, await call);
    }

    [Fact]
    public void Make_Closed_ThrowsWithoutCalling()
    {
        var calls = new ClientCalls();
        calls.Close();

        Assert.Throws<ObjectDisposedException>(() => calls.Make<int>(() => throw new InvalidOperationException("called")));
        Assert.Throws<ObjectDisposedException>(calls.Enter);
    }

    private static bool IsClosed(ClientCalls calls)
    {
        try
        {
            return calls.Make(() => false);
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
