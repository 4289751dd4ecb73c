using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Local.Stack;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cdp.Local.Tests.Stack;

/// <summary>Every route that accepts GET accepts HEAD (RFC 9110, section 9.3.2), in every service.</summary>
[Trait("tier", "integration")]
public sealed class HeadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Services => [.. LocalServices.All.Select(service => service.Name)];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Routes_WithGet_AlsoAcceptHead(string name)
    {
        string[] settings =
        [
            "--Port=0", "--ProfileIds:Key=k", $"--Api:Tokens:0={ApiTokens.Hash("t")}", $"--Sources:0={_directory.Path}",
            "--Sdk:Path=/sdk", "--Sdk:TestPage=true", $"--Sdk:Folder={_directory.Path}",
        ];
        await using var app = CdpHost.Build(LocalServices.All.Single(service => service.Name == name), settings, builder => builder.Logging.ClearProviders());
        var routes = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(route => (route.RoutePattern.RawText, Methods: route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "HEAD"])).ToList();
        Assert.NotEmpty(routes);
        Assert.All(routes.Where(route => route.Methods.Contains("GET")), route => Assert.Contains("HEAD", route.Methods));
    }
}
