// Starts Swagger UI on the document that the same program serves. Nothing is loaded from anywhere else.
'use strict';

window.ui = window.SwaggerUIBundle({
    url: 'openapi.yaml',
    dom_id: '#api',
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: 'list',
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
});
