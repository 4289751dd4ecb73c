using Cdp.Ingestion.Appending;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Ingestion.Tests.Appending;

public sealed class AcknowledgementTests
{
    private static readonly Error Good = new(ErrorCode.NoError);
    private static readonly Error Bad = new(ErrorCode.Local_MsgTimedOut);

    [Fact]
    public async Task WaitAsync_AnswersBeforeAndAfter_EndsWithTheLast()
    {
        var acknowledgement = new Acknowledgement(_ => { });
        acknowledgement.Expect();
        acknowledgement.Answer(Good);
        acknowledgement.Expect();

        var waiting = acknowledgement.WaitAsync();
        Assert.False(waiting.IsCompleted);
        acknowledgement.Answer(Good);
        Assert.True(await waiting);
    }

    [Fact]
    public async Task WaitAsync_OneFailed_IsFalseOnceAllAreAnswered()
    {
        var failures = new List<Error>();
        var acknowledgement = new Acknowledgement(failures.Add);
        acknowledgement.Expect();
        acknowledgement.Expect();
        acknowledgement.Answer(Bad);

        var waiting = acknowledgement.WaitAsync();
        Assert.False(waiting.IsCompleted);
        acknowledgement.Answer(Good);
        Assert.False(await waiting);
        Assert.Equal([Bad], failures);
    }
}
