using System.IO.Pipelines;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

public sealed class AdmissionTests
{
    [Fact]
    public void TryEnter_Full_FailsUntilOneLeaves()
    {
        var admission = new Admission(new LimitOptions { Requests = 1 });

        Assert.True(admission.TryEnter());
        Assert.False(admission.TryEnter());
        admission.Leave();
        Assert.True(admission.TryEnter());
    }

    [Fact]
    public async Task ReadAsync_BodyTimesOut_ReleasesThePlaceOnce()
    {
        var admission = new Admission(new LimitOptions { BodySeconds = 1 });
        var neverEnding = new Pipe();
        var context = new DefaultHttpContext { Request = { Body = neverEnding.Reader.AsStream() } };
        var request = new GuardedRequest(admission);
        Assert.True(request.Place.TryTake());
        context.Features.Set(request);

        using var body = new RequestBody(admission);
        Assert.Equal(Rejection.Unavailable, await body.ReadAsync(context.Request, 1000, TestContext.Current.CancellationToken));

        Assert.Equal(0, admission.Requests);
        request.Place.Leave();
        Assert.Equal(0, admission.Requests);
    }

    [Fact]
    public void TryReserve_OverTheBound_ReservesNothing()
    {
        var admission = new Admission(new LimitOptions { BufferedBytes = 100_000 });

        Assert.True(admission.TryReserve(60_000));
        Assert.False(admission.TryReserve(60_000));
        Assert.True(admission.TryReserve(40_000));
        admission.Release(60_000);
        Assert.True(admission.TryReserve(60_000));
    }
}
