using Cdp.Ingestion.Producing;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Ingestion.Tests.Producing;

public sealed class AcknowledgementTests
{
    private static readonly Error Good = new(ErrorCode.NoError);
    private static readonly Error Bad = new(ErrorCode.Local_MsgTimedOut);

    [Fact]
    public async Task WaitAsync_AnswersBeforeAndAfterTheCall_CompletesWithTheLastAnswer()
    {
        var acknowledgement = new Acknowledgement(_ => { });
        acknowledgement.Expect();
        acknowledgement.Complete(Good);
        acknowledgement.Expect();

        var waiting = acknowledgement.WaitAsync();
        Assert.False(waiting.IsCompleted);
        acknowledgement.Complete(Good);
        Assert.True(await waiting);
    }

    [Fact]
    public async Task WaitAsync_OneFailed_ReturnsFalseOnceAllAreAnswered()
    {
        var failures = new List<Error>();
        var acknowledgement = new Acknowledgement(failures.Add);
        acknowledgement.Expect();
        acknowledgement.Expect();
        acknowledgement.Complete(Bad);

        var waiting = acknowledgement.WaitAsync();
        Assert.False(waiting.IsCompleted);
        acknowledgement.Complete(Good);
        Assert.False(await waiting);
        Assert.Equal([Bad], failures);
    }
}
