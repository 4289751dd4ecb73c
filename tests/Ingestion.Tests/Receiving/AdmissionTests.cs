using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

public sealed class AdmissionTests
{
    [Fact]
    public void TryEnter_Full_IsRefusedUntilOneLeaves()
    {
        var admission = new Admission(new LimitOptions { Requests = 1 });

        Assert.True(admission.TryEnter());
        Assert.False(admission.TryEnter());
        admission.Leave();
        Assert.True(admission.TryEnter());
    }

    [Fact]
    public void TryReserve_OverTheBound_TakesNothing()
    {
        var admission = new Admission(new LimitOptions { BufferedBytes = 100_000 });

        Assert.True(admission.TryReserve(60_000));
        Assert.False(admission.TryReserve(60_000));
        Assert.True(admission.TryReserve(40_000));
        admission.Release(60_000);
        Assert.True(admission.TryReserve(60_000));
    }
}
