using System.Net;
using System.Net.Http.Headers;
using Cdp.Local.Stack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cdp.Local.Tests.Stack;

[Trait("tier", "integration")]
public sealed class TestPageProfilesTests : IAsyncLifetime
{
    private readonly List<string> _received = [];
    private WebApplication _profiles = null!;
    private WebApplication _ingestion = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _profiles = await StartAsync(_ => { }, app => app.Run(context =>
        {
            _received.Add($"{context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget} {context.Request.Headers.Authorization}");
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsync("no profile");
        }));
        var url = _profiles.Urls.First();
        _ingestion = await StartAsync(
            services => services.AddSingleton<IStartupFilter>(_ => new TestPageProfiles("/sdk/profiles", () => url)),
            app => app.Run(context => context.Response.WriteAsync("ingestion")));
        _http = new HttpClient { BaseAddress = new Uri(_ingestion.Urls.First()) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "t");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _ingestion.DisposeAsync();
        await _profiles.DisposeAsync();
    }

    [Theory]
    [InlineData("user_id/ada")]
    [InlineData("user_id/a%2Fb")]
    [InlineData("user_id/50%25%20off")]
    [InlineData("user_id/a%252Fb")]
    [InlineData("user_id/a/b?include=traits")]
    public async Task Get_AnyIdentifier_ForwardsThePathAsItWasSent(string path)
    {
        using var response = await _http.GetAsync($"/sdk/profiles/{path}", TestContext.Current.CancellationToken);

        Assert.Equal([$"/v1/profiles/{path} Bearer t"], _received);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("no profile", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_ProfileApiIsDown_AnswersServiceUnavailable()
    {
        await _profiles.StopAsync(TestContext.Current.CancellationToken);

        using var response = await _http.GetAsync("/sdk/profiles/user_id/ada", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task Post_BelowThePath_IsNotForwarded()
    {
        using var response = await _http.PostAsync("/sdk/profiles/user_id/ada", null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Empty(_received);
    }

    private static async Task<WebApplication> StartAsync(Action<IServiceCollection> add, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        add(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }
}
